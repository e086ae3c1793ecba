// What a trace's page knows of rows that are not there: how deep they are, whether they failed (or, where something is looked
// for, hold it), what is folded, and so which of them are in sight. A row is known by its index in the view; its position counts the rows in sight above it.
export class Outline {
  constructor(text) {
    const said = text ? text.split(" ") : [];
    this.count = said.length;
    this.levels = Int32Array.from(said, (word) => parseInt(word, 10));
    this.marked = Uint8Array.from(said, (word) => word.includes("!"));
    this.closed = Uint8Array.from(said, (word) => word.includes("~"));
    this.settle();
  }

  // What is in sight follows from which rows are folded, in one pass.
  settle() {
    const sight = new Int32Array(this.count);
    this.position = new Int32Array(this.count).fill(-1);
    let length = 0;
    let folded = Infinity;
    for (let index = 0; index < this.count; index++) {
      const level = this.levels[index];
      if (level <= folded) folded = Infinity;
      if (level > folded) continue;
      this.position[index] = length;
      sight[length++] = index;
      if (this.closed[index]) folded = level;
    }
    this.sight = sight.subarray(0, length);
  }

  folds(index) {
    return index + 1 < this.count && this.levels[index + 1] > this.levels[index];
  }

  // Whether anything changed.
  fold(index, closed) {
    if (!this.folds(index) || Boolean(this.closed[index]) === closed) return false;
    this.closed[index] = closed ? 1 : 0;
    this.settle();
    return true;
  }

  parent(index) {
    for (let above = index - 1; above >= 0; above--) if (this.levels[above] < this.levels[index]) return above;
    return -1;
  }

  // The rows that had to be unfolded for this one to be in sight.
  reveal(index) {
    const opened = [];
    for (let above = this.parent(index); above >= 0; above = this.parent(above)) {
      if (this.closed[above]) opened.push(above);
      this.closed[above] = 0;
    }
    if (opened.length) this.settle();
    return opened;
  }

  nextMarked(index) {
    const after = this.marked.indexOf(1, index + 1);
    return after < 0 ? this.marked.indexOf(1) : after;
  }
}
