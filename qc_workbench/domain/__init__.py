"""The field's words as frozen values. No input or output, no clock, no database.

Times are timezone-aware and in UTC unless a name says otherwise; names carry their
unit (``_s`` seconds, ``_hz``, ``_bytes``). Money is :class:`decimal.Decimal`.
"""
