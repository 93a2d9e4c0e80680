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

// The view or message that an element is in, as the server knows it.
export function whereIs(element) {
  const view = element.closest("[data-view]");
  if (view) return { view: view.dataset.view, values: valuesOf(view) };
  const message = element.closest("[data-ts]");
  return { channel: message.dataset.channel, ts: message.dataset.ts };
}

// Slack shows again what stood there before somebody thought better of it.
export function takeBack(element) {
  if (element.type === "checkbox" || element.type === "radio") element.checked = element.defaultChecked;
  else if (element.tagName === "SELECT") {
    for (const one of element.options) one.selected = one.defaultSelected;
  } else if (element.tagName === "INPUT") element.value = element.defaultValue;
}
