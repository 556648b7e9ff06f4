-- A deal was closed as lost, its client was heard and refused in no call: they put it off, or only the agent took it for
-- a refusal. Where too little was heard to tell, nobody is accused; nor where quality control called back and the client
-- said no. The same deal may bear a false-refusal flag: that is about the words, this about the closing.
select d.deal_id as thing, coalesce(d.closed_at, d.stage_since) as since, d.manager_id, since as happened_at, d.deal_id,
       f.finding as detail
from known_deals d join deal_findings f using (deal_id)
where d.status = 'lost' and not d.is_open and f.finding in ('client_postponed', 'agent_refused') and since <= as_of()
  and d.deal_id not in (select deal_id from recalled_refusals)
