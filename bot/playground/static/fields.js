// What stands in the fields of a view or message.

const FIELDS = "input[data-action], select[data-action], textarea[data-action]";

export function valueOf(field, root) {
  const { block, action } = field.dataset;
  if (field.type === "checkbox" || field.type === "radio") {
    const group = [...root.querySelectorAll(`input[type=${field.type}]`)].filter(
      (one) => one.dataset.block === block && one.dataset.action === action && one.checked,
    );
    const values = group.map((one) => one.value);
    return field.type === "checkbox" ? values : values[0] || null;
  }
  return field.value;
}

export function valuesOf(root) {
  const values = {};
  for (const field of root.querySelectorAll(FIELDS)) {
    const { block, action } = field.dataset;
    values[block] = values[block] || {};
    values[block][action] = valueOf(field, root);
  }
  return values;
}

// The selector of the view or message that an element is in, which outlives its being drawn anew.
export function placeOf(element) {
  const { view, channel, ts } = element.closest("[data-view], [data-ts]").dataset;
  const named = view ? { view } : { channel, ts };
  return Object.entries(named).map(([name, value]) => `[data-${name}="${CSS.escape(value)}"]`).join("");
}

// The view or message, with what stands in it, as the server knows it.
export function stateOf(place) {
  const root = document.querySelector(place);
  if (!root) return {};
  const { view, channel, ts } = root.dataset;
  return view ? { view, values: valuesOf(root) } : { channel, ts };
}

export function whereIs(element) {
  return stateOf(placeOf(element));
}

// Where a field of that action is now: in its block, or in the only other that has one.
export function blockNow(place, block, action) {
  const fields = [...document.querySelectorAll(`${place} [data-action]`)].filter((one) => one.dataset.action === action);
  const blocks = new Set(fields.map((one) => one.dataset.block));
  return blocks.has(block) || blocks.size !== 1 ? block : [...blocks][0];
}

// Slack shows again what stood there before somebody thought better of it.
export function takeBack(element) {
  if (element.type === "checkbox" || element.type === "radio") element.checked = element.defaultChecked;
  else if (element.tagName === "SELECT") {
    for (const one of element.options) one.selected = one.defaultSelected;
  } else if (element.tagName === "INPUT") element.value = element.defaultValue;
}
