// A map that grows channel by channel: the server sends every stop as pictures and words, this page turns them.
const SECONDS = 9; // of a play from nothing to the whole map
const [WIDTH, HEIGHT, EDGE] = [320, 150, 14]; // of the curve, in its own units
const SVG = "http://www.w3.org/2000/svg";

export default function ({ data, parentElement }) {
    const root = parentElement.querySelector(".growing");
    const find = (name) => root.querySelector(name);
    const { stops, words } = data;
    const [slider, play, told, frames] = [find("input"), find(".play"), find(".told"), find(".frames")];
    // Kept with the page's element: the same numbers may be sent again while the visitor is in the middle.
    const view = (root.view ??= {});
    if (view.owner !== data.owner) Object.assign(view, { owner: data.owner, at: stops.length - 1 });
    clearInterval(view.playing);
    view.playing = 0;

    for (const place of root.querySelectorAll("[data-words]")) place.textContent = words[place.dataset.words];
    find(".bar-colours").style.background = `linear-gradient(to right, ${data.colours.join(",")})`;
    find(".bar-numbers").replaceChildren(
        ...data.scale.map((text) => Object.assign(document.createElement("span"), { textContent: text })),
    );
    find(".wipe").setAttribute("aria-label", words.wipe);
    const pictures = stops.map(({ frame }) => Object.assign(new Image(), { src: frame, alt: "", hidden: true }));
    frames.replaceChildren(Object.assign(new Image(), { src: data.photo, alt: "" }), ...pictures);
    slider.max = stops.length - 1;
    slider.setAttribute("aria-label", words.slider);

    const drawn = (name, attributes, text = "") => {
        const found = document.createElementNS(SVG, name);
        for (const [key, value] of Object.entries(attributes)) found.setAttribute(key, value);
        found.textContent = text;
        return found;
    };
    const [lowest, highest] = [Math.min(0, ...data.curve), Math.max(0, ...data.curve)];
    const across = (count) => EDGE + (count / data.channels) * (WIDTH - 2 * EDGE);
    const up = (sum) => HEIGHT - EDGE - ((sum - lowest) / (highest - lowest || 1)) * (HEIGHT - 3 * EDGE) - EDGE / 2;
    const end = data.curve[data.curve.length - 1];
    const dot = drawn("circle", { r: 5, class: "dot" });
    const value = drawn("text", { "text-anchor": "end" });
    find("svg").replaceChildren(
        drawn("line", { x1: EDGE, x2: WIDTH - EDGE, y1: up(0), y2: up(0), class: "zero" }),
        drawn("line", { x1: EDGE, x2: WIDTH - EDGE, y1: up(end), y2: up(end), class: "end" }),
        drawn("polyline", { points: data.curve.map((sum, place) => `${across(data.counts[place])},${up(sum)}`).join(" ") }),
        drawn("text", { x: EDGE, y: HEIGHT }, "0"),
        drawn("text", { x: WIDTH / 2, y: HEIGHT, "text-anchor": "middle" }, words.added),
        drawn("text", { x: WIDTH - EDGE, y: HEIGHT, "text-anchor": "end" }, `${data.channels}`),
        dot,
        value,
    );

    const show = (at, aloud) => {
        view.at = at;
        const stop = stops[at];
        pictures.forEach((picture, place) => { picture.hidden = place !== at; });
        frames.setAttribute("aria-label", stop.alt);
        slider.value = at;
        slider.setAttribute("aria-valuetext", stop.label);
        told.setAttribute("aria-live", aloud ? "polite" : "off");
        told.textContent = stop.words;
        const place = data.counts.indexOf(stop.count);
        dot.setAttribute("cx", across(stop.count));
        dot.setAttribute("cy", up(data.curve[place]));
        value.setAttribute("x", Math.max(across(stop.count), 4 * EDGE));
        value.setAttribute("y", up(data.curve[place]) - 9);
        value.textContent = stop.sum;
        find(".last").hidden = !stop.last;
        if (!stop.last) return;
        find(".last-words").textContent = stop.last.words;
        for (const name of ["feature", "product"]) {
            const figure = find(`.${name}`);
            Object.assign(figure.querySelector("img"), { src: stop.last[name], alt: stop.last[`${name}_alt`] });
            figure.querySelector("figcaption").textContent = stop.last[`${name}_words`];
        }
    };
    const pause = () => {
        clearInterval(view.playing);
        view.playing = 0;
        play.textContent = words.play;
    };
    play.textContent = words.play;
    play.onclick = () => {
        if (view.playing) return pause();
        show(view.at === stops.length - 1 ? 0 : view.at, false);
        play.textContent = words.stop;
        view.playing = setInterval(() => {
            show(view.at + 1, false);
            if (view.at === stops.length - 1) pause();
        }, (1000 * SECONDS) / stops.length);
    };
    slider.oninput = () => {
        pause();
        show(Number(slider.value), true);
    };
    show(view.at, false);
    return () => clearInterval(view.playing);
}
