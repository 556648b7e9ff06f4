"""Search of the documentation's site: words of both languages by their stems, since pages of both lie in each."""

from __future__ import annotations

import re
from importlib import resources

import snowballstemmer
from sphinx.search import SearchLanguage, languages
from sphinx.search.en import SearchEnglish
from sphinx.search.ru import SearchRussian

_CYRILLIC = re.compile("[а-яё]")


class BothLanguages(SearchLanguage):
    """A word with a Cyrillic letter is Russian, any other English; «ё» is «е», as people type it."""

    stopwords = frozenset(SearchEnglish.stopwords | SearchRussian.stopwords)
    language_name = "Russian and English"

    def __init__(self, options: dict[str, str]) -> None:
        super().__init__(options)
        self._russian = snowballstemmer.stemmer("russian")
        self._english = snowballstemmer.stemmer("english")

    def stem(self, word: str) -> str:
        small = word.lower().replace("ё", "е")
        return str((self._russian if _CYRILLIC.search(small) else self._english).stemWord(small))

    @property
    def js_stemmer_code(self) -> str:  # type: ignore[override]
        """The same two in the browser."""
        folder = resources.files("sphinx.search") / "minified-js"
        parts = [(folder / f"{name}-stemmer.js").read_text(encoding="utf-8") for name in ("base", "russian", "english")]
        both = (
            "var Stemmer=function(){const r=new RussianStemmer(),e=new EnglishStemmer();"
            "this.stemWord=function(w){const s=w.toLowerCase().replaceAll('ё','е');"
            "return (/[а-яё]/.test(s)?r:e).stemWord(s);};};"
        )
        return "\n".join([*parts, both])


def install() -> None:
    """Take the place of both languages' own search."""
    for code in ("ru", "en"):
        languages[code] = type(f"BothLanguages_{code}", (BothLanguages,), {"lang": code})
