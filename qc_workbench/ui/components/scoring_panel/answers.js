// What stands, what is shown: the same walks as review/evaluating.py and review/scoring.py, so that the form follows an
// answer at once and without the server. What answers come to is the server's word alone.

const NOT_APPLICABLE = "not_applicable";
const NUMBER = /^-?\d{1,9}([.,]\d{1,6})?$/;

// Steps that were not taken back -> question: reply.
function standing(steps) {
  const found = new Map();
  for (const { question, reply } of steps) {
    if (reply) found.set(question, reply);
    else found.delete(question);
  }
  return found;
}

// What is kept on the server and what is still on its way, as one list of steps.
function stepsWith(kept, waiting) {
  const steps = [...kept];
  for (const change of waiting) {
    if (change.kind === "undo") steps.pop();
    else if (change.kind === "clear") steps.push({ question: change.question, reply: null });
    else if (change.kind === "answer") {
      const { question, values, cause, comment, at_s } = change;
      steps.push({ question, reply: { values, cause, comment, at_s } });
    }
  }
  return steps;
}

function holds(condition, shown, replies) {
  const reply = replies.get(condition.question);
  if (!reply || !shown.has(condition.question)) return false;
  const { values, at_least: least, at_most: most } = condition;
  if (values.length && !values.some((value) => reply.values.includes(value))) return false;
  if (least === null && most === null) return true;
  if (reply.values[0] === NOT_APPLICABLE) return false;
  const number = Number(reply.values[0]);
  return (least === null || number >= least) && (most === null || number <= most);
}

// Codes of the questions to be asked; conditions look back only, so one walk is enough.
function shownQuestions(form, replies) {
  const shown = new Set();
  for (const section of form.sections) {
    if (!section.when.every((condition) => holds(condition, shown, replies))) continue;
    for (const question of section.questions)
      if (question.when.every((condition) => holds(condition, shown, replies))) shown.add(question.code);
  }
  return shown;
}

const isNotApplicable = (reply) => reply.values.length === 1 && reply.values[0] === NOT_APPLICABLE;

// Bad answers that can be told from the list; of numbers and several ticks the server says so.
function isBad(question, reply, badOnServer) {
  if (!reply || isNotApplicable(reply)) return false;
  if (question.kind === "number" || question.kind === "multi_choice") return badOnServer.includes(question.code);
  return question.bad.includes(reply.values[0]);
}

// Of several ticks nobody knows which is the last: digits are ticks until one goes on, and only then the cause is asked.
const ticksGoOn = (question) => question.kind === "multi_choice";

const sameValues = (one, other) => one.length === other.length && one.every((value, at) => value === other[at]);
