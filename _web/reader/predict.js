// What a question that begins with "Predict" asks about stays hidden until the reader has typed a guess, or asks
// to see it. The guess stays beside it, and in this browser under "gradus/predict/KEY". Without this script, all
// is seen.
"use strict";
(() => {
  const LABELS = { false: "Show what happens", true: "Hide it again" };
  let count = 0;

  function build(place) {
    const storage = `gradus/predict/${place.dataset.of}`;
    const answers = [...document.querySelectorAll(`.gradus-answer-${place.dataset.of}`)];
    const id = `predict-${++count}`;
    place.innerHTML = `<form class="gradus-guess"><label for="${id}">Your prediction</label>
      <input id="${id}" autocomplete="off" maxlength="300"> <button type="button"></button></form>`;
    const [form, guess, button] = ["form", "input", "button"].map((name) => place.querySelector(name));

    function show(shown) {
      for (const answer of answers) answer.hidden = !shown;
      button.textContent = LABELS[shown];
      button.setAttribute("aria-expanded", shown);
    }
    function set(shown) {
      show(shown);
      try {
        localStorage.setItem(storage, JSON.stringify({ guess: guess.value, shown }));
      } catch {
        // It is asked again on the next visit.
      }
    }

    let kept = null;
    try {
      kept = JSON.parse(localStorage.getItem(storage));
    } catch {
      // As above.
    }
    guess.value = kept?.guess ?? "";
    show(kept?.shown === true);
    button.addEventListener("click", () => set(button.getAttribute("aria-expanded") !== "true"));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (guess.value.trim()) set(true);
    });
    // A link that leads to what is hidden shows it.
    const arrive = () => {
      const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
      if (target && answers.some((answer) => answer.hidden && answer.contains(target))) {
        show(true);
        target.scrollIntoView();
      }
    };
    arrive();
    addEventListener("hashchange", arrive);
  }

  document.querySelectorAll("gradus-predict").forEach(build);
})();
