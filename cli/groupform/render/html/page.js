(function () {
  "use strict";
  var facts = JSON.parse(document.body.dataset.facts), words = facts.words;
  var cards = Array.prototype.slice.call(document.querySelectorAll("article"));
  var place = "groupform:" + [facts.project, facts.environment, facts.who].join(":");
  var state = {};

  function load() {
    try { state = JSON.parse(localStorage.getItem(place)) || {}; } catch (ignored) { state = {}; }
    if (typeof state !== "object" || Array.isArray(state)) { state = {}; }
  }
  function keep() {
    // Storage may be forbidden to a page that was opened from a file: what is ticked then lasts while it is open.
    try { localStorage.setItem(place, JSON.stringify(state)); } catch (ignored) { /* nothing else can be done */ }
  }
  function now() { return Math.floor(Date.now() / 1000); }

  function decode(text) {
    var plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    var bytes = Uint8Array.from(plain, function (c) { return c.charCodeAt(0); });
    return JSON.parse(new TextDecoder().decode(bytes));
  }
  function encode(value) {
    var plain = "", bytes = new TextEncoder().encode(JSON.stringify(value));
    bytes.forEach(function (b) { plain += String.fromCharCode(b); });
    return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  }
  function takeFromAddress() {
    var found = /[#&]ticks=([A-Za-z0-9_-]+)/.exec(location.hash);
    if (!found) { return; }
    try {
      var given = decode(found[1]);
      if (given.v !== 1 || given.e !== facts.environment) { return; }
      Object.keys(given.t).forEach(function (name) {
        given.t[name].forEach(function (row) {
          state[String(row[1])] = { at: row[2], note: row[3] || "", answer: row[4] == null ? "" : String(row[4]) };
        });
      });
      keep();
    } catch (ignored) { /* an address that was cut short says nothing */ }
  }

  function ticked(card) { return Boolean(state[card.dataset.ticket]); }
  function show() {
    var done = 0;
    cards.forEach(function (card) {
      var mine = state[card.dataset.ticket], on = Boolean(mine);
      done += on ? 1 : 0;
      card.classList.toggle("done", on);
      card.querySelector(".tick").checked = on;
      var first = (card.dataset.after || "").split(" ").filter(Boolean);
      var waits = first.some(function (number) {
        var other = document.getElementById("s" + number);
        return other && !ticked(other);
      });
      card.classList.toggle("waiting", waits && !on);
      card.classList.toggle("free", first.length > 0 && !waits);
    });
    var bar = document.getElementById("bar"), code = done === 0 ? "none-done" : done === cards.length ? "all-done" : "some-done";
    bar.value = done;
    if (cards.length) {
      document.getElementById("count").textContent =
        words[code].replace("{done}", done).replace("{count}", cards.length);
    }
  }

  var hush;
  function toast(text) {
    var box = document.getElementById("toast");
    box.textContent = text;
    box.classList.add("on");
    clearTimeout(hush);
    hush = setTimeout(function () { box.classList.remove("on"); }, 1800);
  }
  function select(node) {
    if (node.select) { node.focus(); node.select(); node.setSelectionRange(0, node.value.length); return; }
    var range = document.createRange(), chosen = getSelection();
    range.selectNodeContents(node);
    chosen.removeAllRanges();
    chosen.addRange(range);
  }
  function copyOld(text, node) {
    // A page opened from a file, or inside a chat program, has no clipboard of its own.
    var box = document.createElement("textarea"), worked = false;
    box.value = text;
    box.setAttribute("readonly", "");
    box.className = "away";
    (document.querySelector("dialog[open]") || document.body).appendChild(box);
    box.select();
    box.setSelectionRange(0, text.length);
    try { worked = document.execCommand("copy"); } catch (ignored) { worked = false; }
    box.remove();
    if (!worked) { select(node); }
    toast(worked ? words.copied : words.selected);
    return worked;
  }
  function copy(text, node, then) {
    if (navigator.clipboard && window.isSecureContext) {
      navigator.clipboard.writeText(text).then(function () { toast(words.copied); then(true); }, function () { then(copyOld(text, node)); });
    } else { then(copyOld(text, node)); }
  }

  function done() { return cards.filter(function (card) { return ticked(card) && card.dataset.proof === "attested"; }); }
  function number(card) {
    var text = (state[card.dataset.ticket].answer || "").trim();
    return /^[0-9]{1,7}$/.test(text) ? Number(text) : null;
  }
  function asFile() {
    return {
      groupform_ticks: 1, environment: facts.environment, who: facts.who,
      ticks: done().map(function (card) {
        var mine = state[card.dataset.ticket];
        return { key: card.dataset.key, ticket: card.dataset.ticket, at: mine.at, note: mine.note || "", answer: number(card) };
      })
    };
  }
  function asLink() {
    var rows = {};
    done().forEach(function (card) {
      var mine = state[card.dataset.ticket], key = card.dataset.key, cut = key.indexOf("/");
      var row = [key.slice(cut + 1), card.dataset.ticket, mine.at], answer = number(card);
      if (mine.note || answer !== null) { row.push(mine.note || ""); }
      if (answer !== null) { row.push(answer); }
      (rows[key.slice(0, cut)] = rows[key.slice(0, cut)] || []).push(row);
    });
    var mark = "#ticks=" + encode({ v: 1, e: facts.environment, w: facts.who, t: rows });
    return /^https?:/.test(location.protocol) ? location.href.split("#")[0] + mark : mark;
  }
  function asWords() {
    var all = cards.filter(ticked).length;
    return words["return-first"].replace("{who}", facts.name).replace("{done}", all).replace("{count}", cards.length) + "\n" + asLink();
  }

  cards.forEach(function (card) {
    var ticket = card.dataset.ticket, note = card.querySelector("textarea.note"), answer = card.querySelector("input.answer");
    card.querySelector(".tick").addEventListener("change", function (event) {
      if (event.target.checked) {
        state[ticket] = { at: now(), note: note ? note.value : "", answer: answer ? answer.value : "" };
      } else { delete state[ticket]; }
      keep();
      show();
    });
    [note, answer].forEach(function (field) {
      if (!field) { return; }
      field.addEventListener("input", function () {
        if (!state[ticket]) { return; }
        state[ticket].note = note ? note.value : "";
        state[ticket].answer = answer ? answer.value : "";
        keep();
      });
    });
  });
  document.querySelectorAll("button.copy").forEach(function (button) {
    button.addEventListener("click", function () {
      var text = button.parentNode.querySelector("pre");
      copy(text.textContent, text, function (worked) { button.classList.toggle("did", worked); });
    });
  });

  var sheet = document.getElementById("sheet");
  if (sheet) {
    var box = document.getElementById("words"), share = document.getElementById("share");
    var openSheet = function () { if (sheet.showModal) { sheet.showModal(); } else { sheet.setAttribute("open", ""); } };
    var closeSheet = function () { if (sheet.close) { sheet.close(); } else { sheet.removeAttribute("open"); } };
    share.hidden = !navigator.share;
    document.getElementById("return").addEventListener("click", function () {
      if (!done().length) { toast(cards.some(ticked) ? words["observed-only"] : words["none-done"].replace("{count}", cards.length)); return; }
      box.value = asWords();
      openSheet();
    });
    document.getElementById("copy-words").addEventListener("click", function () { copy(box.value, box, function () {}); });
    document.getElementById("close").addEventListener("click", closeSheet);
    share.addEventListener("click", function () {
      navigator.share({ title: document.title, text: box.value }).catch(function () {});
    });
    document.getElementById("download").addEventListener("click", function () {
      var link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([JSON.stringify(asFile(), null, 2)], { type: "application/json" }));
      link.download = "ticks-" + facts.who + ".json";
      sheet.appendChild(link);
      link.click();
      link.remove();
      setTimeout(function () { URL.revokeObjectURL(link.href); }, 60000);
    });
  }

  load();
  takeFromAddress();
  cards.forEach(function (card) {
    var mine = state[card.dataset.ticket], note = card.querySelector("textarea.note"), answer = card.querySelector("input.answer");
    if (mine && note) { note.value = mine.note || ""; }
    if (mine && answer) { answer.value = mine.answer || ""; }
  });
  show();
  window.addEventListener("storage", function (event) { if (event.key === place) { load(); show(); } });
  window.groupform = { asFile: asFile, asLink: asLink };
})();
