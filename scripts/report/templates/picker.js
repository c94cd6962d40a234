
// A file of the catalogue: picked by what it is for, shown as the text that graphx config writes.
const LADDER = ["device", "model", "scheme", "tensor_parallel", "runtime"];
class Picker {
  constructor(form) {
    this.form = form;
    form.copy.onclick = () => this.copy();
    form.download.onclick = () => this.download();
    for (const name of LADDER) form[name].onchange = () => this.choose();
  }

  async open() {
    this.read ??= (async () => {
      const pack = await (await unfolded("catalogue-pack")).json();
      const named = (row) => Object.fromEntries(pack.columns.map((name, at) => [name, row[at]]));
      this.pack = pack;
      this.files = pack.files.map((row) => ({ ...named(row), batches: row.at(-2), configs: row.at(-1) }));
      this.choose();
    })();
    await this.read;
  }

  // Each choice offers what the ones before it leave; a choice that is left stays.
  choose() {
    let left = this.files;
    for (const name of LADDER) {
      const field = this.form[name];
      const wanted = field.value;
      const values = [...new Set(left.map((one) => String(one[name])))];
      if (name !== "tensor_parallel") values.sort();
      field.replaceChildren(...values.map((value) => element("option", { value, textContent: value.replace(/^(NVIDIA|AMD_Instinct)_/, "").replaceAll("_", name === "device" ? " " : "_") })));
      if (values.includes(wanted)) field.value = wanted;
      left = left.filter((one) => String(one[name]) === field.value);
    }
    this.show(left[0]);
  }

  show(file) {
    this.file = file;
    const { status, ratio, low, high, kept } = file;
    const shipped = status === "shipped";
    const digits = (value) => value.toFixed(3);
    const range = low === null ? "" : ` (${digits(low)}–${digits(high)})`;
    const expected = ratio === null ? "" : `; expected over vLLM's default: ${digits(ratio)}${range}${shipped ? "" : `; ${kept} of ${file.batches.length} rows keep it`}`;
    const held = file.confidence ? `; held against: ${file.confidence}` : "";
    const has = shipped ? `${file.runtime} ships ${file.file}: there is nothing to install` : status;
    this.form.querySelector("output").textContent = `${has}${expected}${held}`;
    this.text = this.written(file);
    this.form.querySelector("pre").textContent = this.text;
    this.form.querySelector("[role=status]").textContent = shipped ? "" : this.pack.load[file.runtime];
  }

  // As Python's json.dumps(…, indent=4) has it.
  written({ runtime, batches, configs }) {
    const entries = batches.map((tokens, row) => [tokens, JSON.parse(this.pack.configs[configs[row]])]);
    const lines = entries.map(([tokens, entry]) => `    "${tokens}": ${JSON.stringify(entry, null, 4).replaceAll("\n", "\n    ")}`);
    if (this.pack.triton_key[runtime]) lines.unshift(`    "triton_version": ${JSON.stringify(this.pack.triton)}`);
    return `{\n${lines.join(",\n")}\n}\n`;
  }

  async copy() {
    try {
      await navigator.clipboard.writeText(this.text);
      this.said("copied");
    } catch {
      getSelection().selectAllChildren(this.form.querySelector("pre"));
      this.said(document.execCommand("copy") ? "copied" : "marked: copy it by hand");
    }
  }

  download() {
    const url = URL.createObjectURL(new Blob([this.text], { type: "application/json" }));
    element("a", { href: url, download: this.file.file }).click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
    this.said(`${this.file.file}: ${this.pack.load[this.file.runtime]}`);
  }

  said(words) {
    this.form.querySelector("[role=status]").textContent = words;
  }
}
const picker = new Picker(document.getElementById("picker"));
const shelf = document.getElementById("picker").closest("details");
shelf.addEventListener("toggle", () => shelf.open && picker.open());
if (shelf.open) picker.open();
