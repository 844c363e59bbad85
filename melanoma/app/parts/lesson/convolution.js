// One filter of the first layer over the photo, computed here: patch times weights is one cell of its map.
// Rows come before columns throughout, as in melanoma/explain/lesson/first_layer.py, whose numbers these are.
const SECONDS = 9; // of a play
const STOPS = 8; // of a play where the visitor wants no motion
const FAR = 8; // cells, for each press of an arrow with Shift
const READABLE = 5; // a side of a filter whose numbers are written; larger ones are colours alone
const NEGATIVE = [84, 39, 136], ZERO = [247, 247, 247], POSITIVE = [179, 88, 6]; // ColorBrewer's PuOr

const between = (value, low, high) => Math.min(Math.max(value, low), high);
const bytes = (base64) => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));

// What the server sent, with pixels and weights as arrays.
export const unpacked = (data) => ({
    ...data,
    pixels: bytes(data.pixels),
    weights: new Float32Array(bytes(data.weights).buffer),
});

// The products of one cell: for each colour what the layer is given and the weights, and their sums.
export function products(layer, filter, row, column) {
    const [height, width] = layer.kernel;
    const colours = [0, 1, 2].map(() => ({ given: [], weights: [], inside: [], sum: 0 }));
    for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
            const down = row * layer.stride[0] - layer.before[0] + y * layer.dilation[0];
            const right = column * layer.stride[1] - layer.before[1] + x * layer.dilation[1];
            const inside = down >= 0 && down < layer.size && right >= 0 && right < layer.size;
            colours.forEach((colour, c) => {
                const pixel = inside ? layer.pixels[(down * layer.size + right) * 3 + c] : 0;
                const given = inside ? layer.scale[c] * pixel + layer.offset[c] : 0;
                const weight = layer.weights[((filter * height + y) * width + x) * 3 + c];
                colour.given.push(given);
                colour.weights.push(weight);
                colour.inside.push(inside);
                colour.sum += given * weight;
            });
        }
    }
    const bias = layer.biases[filter];
    const sum = bias + colours[0].sum + colours[1].sum + colours[2].sum;
    return { colours, bias, sum, answer: rectified(layer, sum) };
}

export function rectified(layer, value) {
    if (!layer.rectifier) return value;
    const { slope, ceiling } = layer.rectifier;
    return Math.min(value < 0 ? slope * value : value, ceiling ?? Infinity);
}

// All cells of a filter's map before the rectifier, row by row.
export function convolved(layer, filter) {
    const [rows, columns] = layer.shape;
    const sums = new Float64Array(rows * columns);
    for (let row = 0; row < rows; row++) {
        for (let column = 0; column < columns; column++) {
            sums[row * columns + column] = products(layer, filter, row, column).sum;
        }
    }
    return sums;
}

// The cells that one window of the pooling holds, as [first row, row after the last, first column, …].
const windowOf = (layer, row, column) => {
    const { pooling, shape } = layer;
    return [row, column].flatMap((place, axis) => {
        const start = place * pooling.stride[axis] - pooling.before[axis];
        return [Math.max(start, 0), Math.min(start + pooling.window[axis], shape[axis])];
    });
};

export function pooled(layer, answers) {
    const [rows, columns] = layer.pooling.shape;
    return Float64Array.from({ length: rows * columns }, (_, cell) => {
        const [top, bottom, left, right] = windowOf(layer, Math.floor(cell / columns), cell % columns);
        let [largest, total] = [-Infinity, 0];
        for (let y = top; y < bottom; y++) {
            for (let x = left; x < right; x++) {
                const value = answers[y * layer.shape[1] + x];
                largest = Math.max(largest, value);
                total += value;
            }
        }
        return layer.pooling.largest ? largest : total / ((bottom - top) * (right - left));
    });
}

const mixed = (low, high, share) => low.map((value, c) => Math.round(value + (high[c] - value) * share));
const signed = (share) => mixed(ZERO, share < 0 ? NEGATIVE : POSITIVE, Math.min(Math.abs(share), 1));
const onScale = (stops, share) => {
    const place = between(share || 0, 0, 1) * (stops.length - 1);
    const below = Math.min(Math.floor(place), stops.length - 2);
    return mixed(stops[below], stops[below + 1], place - below);
};
const css = (colour) => `rgb(${colour.join(",")})`;
// Black or white, whichever is read better on a colour (WCAG 2.2): at least 4.58.
const ink = (colour) => {
    const [r, g, b] = colour.map((value) => value / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179 ? "#000000" : "#ffffff";
};

function picture(rows, columns, colourOf) {
    const found = new ImageData(columns, rows);
    for (let cell = 0; cell < rows * columns; cell++) found.data.set([...colourOf(cell), 255], 4 * cell);
    return found;
}

export default function ({ data, parentElement }) {
    const root = parentElement.querySelector(".convolution");
    const find = (name) => root.querySelector(name);
    const layer = unpacked(data);
    const { words, shape: [rows, columns] } = layer;
    const [select, play, told] = [find("select"), find(".play"), find(".told")];
    const [photo, sums, answers, last] = [".photo", ".sums", ".answers", ".last"].map(find);
    const still = matchMedia("(prefers-reduced-motion: reduce)");
    const [height, width] = layer.kernel;
    // Kept with the page's element: the same numbers may be sent again while the visitor is in the middle.
    const view = (root.view ??= {});
    if (view.owner !== data.owner) Object.assign(view, { owner: data.owner, filter: data.filter, at: data.at });
    cancelAnimationFrame(view.playing);
    view.playing = 0;
    let maps = null;

    const number = (value, digits = 2) => {
        const rounded = value.toFixed(digits);
        const sign = Number(rounded) === 0 ? "" : value < 0 ? "\u2212" : "+";
        return sign + rounded.replace("-", "").replace(".", data.decimal);
    };
    const fill = (template, values) => template.replace(/\{(\w+)\}/g, (_, name) => values[name]);

    for (const [name, sentence] of Object.entries(words)) {
        const place = find(`[data-words="${name}"]`);
        if (place) place.textContent = sentence;
    }
    photo.setAttribute("aria-label", words.photo);
    sums.setAttribute("aria-label", words.board);
    answers.hidden = !layer.rectifier;
    find(".after").hidden = !layer.rectifier;
    find(".pooling").hidden = !layer.pooling && !layer.last;
    select.replaceChildren(
        ...Array.from({ length: layer.biases.length }, (_, filter) => new Option(fill(words.filter, { number: filter }), filter)),
    );
    select.value = view.filter;

    const lay = (board, image) => {
        const canvas = board.querySelector("canvas");
        canvas.width = image.width;
        canvas.height = image.height;
        canvas.getContext("2d").putImageData(image, 0, 0);
    };
    // The first cells of a map, as far as a play has come.
    const showFirst = (board, image, cells) => {
        const context = board.querySelector("canvas").getContext("2d");
        const [whole, rest] = [Math.floor(cells / columns), cells % columns];
        context.clearRect(0, 0, columns, rows);
        if (whole) context.putImageData(image, 0, 0, 0, 0, columns, whole);
        if (rest) context.putImageData(image, 0, 0, 0, whole, rest, 1);
    };
    // A frame around some cells of a board that is `across` and `down` cells large.
    const frame = (board, left, top, wide, high, across, down) => {
        const { style } = board.querySelector("i");
        style.left = `${(100 * left) / across}%`;
        style.top = `${(100 * top) / down}%`;
        style.width = `${(100 * wide) / across}%`;
        style.height = `${(100 * high) / down}%`;
    };

    const compute = () => {
        const before = convolved(layer, view.filter);
        const after = before.map((value) => rectified(layer, value));
        const most = before.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0) || 1;
        const brightest = after.reduce((largest, value) => Math.max(largest, value), 0) || 1;
        maps = {
            before: picture(rows, columns, (cell) => signed(before[cell] / most)),
            after: picture(rows, columns, (cell) => onScale(data.colours, after[cell] / brightest)),
        };
        if (layer.pooling) {
            const small = pooled(layer, after);
            maps.small = small;
            lay(last, picture(...layer.pooling.shape, (cell) => onScale(data.colours, small[cell] / brightest)));
        }
        lay(sums, maps.before);
        lay(answers, maps.after);
    };

    const cell = (text, colour, label) => {
        const found = document.createElement("span");
        found.textContent = text;
        found.style.background = css(colour);
        found.style.color = ink(colour);
        if (label) found.title = label;
        return found;
    };
    const grid = (name, cells) => {
        const place = find(name);
        place.style.gridTemplateColumns = `repeat(${width}, auto)`;
        place.classList.toggle("written", Math.max(height, width) <= READABLE);
        place.replaceChildren(...cells);
    };
    const heaviest = () => {
        const size = height * width * 3;
        return layer.weights.subarray(view.filter * size, (view.filter + 1) * size).reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
    };

    const show = (aloud) => {
        const [row, column] = view.at;
        const found = products(layer, view.filter, row, column);
        const [span, reach] = [(height - 1) * layer.dilation[0] + 1, (width - 1) * layer.dilation[1] + 1];
        const [top, left] = [row * layer.stride[0] - layer.before[0], column * layer.stride[1] - layer.before[1]];
        frame(photo, left, top, reach, span, layer.size, layer.size);
        frame(sums, column, row, 1, 1, columns, rows);
        frame(answers, column, row, 1, 1, columns, rows);
        const written = (value) => (Math.max(height, width) <= READABLE ? number(value) : "");
        const most = heaviest();
        ["red", "green", "blue"].forEach((name, c) => {
            const { given, weights, inside, sum } = found.colours[c];
            const shade = (place) => {
                const pixel = (given[place] - layer.offset[c]) / layer.scale[c];
                const colour = [0, 0, 0];
                if (inside[place]) colour[c] = Math.round(pixel);
                return colour;
            };
            grid(`.${name} .given`, given.map((value, place) => cell(written(value), shade(place), inside[place] ? "" : words.outside)));
            grid(`.${name} .weights`, weights.map((value) => cell(written(value), signed(value / most))));
            find(`.${name} .sum`).textContent = number(sum);
        });
        const values = {
            row: row + 1,
            column: column + 1,
            red: number(found.colours[0].sum),
            green: number(found.colours[1].sum),
            blue: number(found.colours[2].sum),
            bias: number(found.bias),
            sum: number(found.sum),
            rectifier: words.rectifier,
            answer: number(found.answer),
        };
        let sentence = fill(words.sum, values);
        if (layer.rectifier) sentence += " " + fill(words.rectified, values);
        if (layer.pooling) {
            const [down, across] = [row, column].map((place, axis) =>
                between(Math.floor((place + layer.pooling.before[axis]) / layer.pooling.stride[axis]), 0, layer.pooling.shape[axis] - 1),
            );
            frame(last, across, down, 1, 1, layer.pooling.shape[1], layer.pooling.shape[0]);
            sentence += " " + fill(words.pooled, { pooled: number(maps.small[down * layer.pooling.shape[1] + across]) });
        }
        told.setAttribute("aria-live", aloud ? "polite" : "off");
        told.textContent = sentence;
        told.dataset.sum = found.sum;
        told.dataset.answer = found.answer;
    };
    const goTo = (row, column, aloud = false) => {
        view.at = [between(row, 0, rows - 1), between(column, 0, columns - 1)];
        show(aloud);
    };

    const stop = () => {
        cancelAnimationFrame(view.playing);
        view.playing = 0;
        showFirst(sums, maps.before, rows * columns);
        showFirst(answers, maps.after, rows * columns);
        last.classList.remove("waiting");
        play.textContent = words.play;
    };
    const start = () => {
        const begun = performance.now();
        play.textContent = words.stop;
        if (layer.pooling) last.classList.add("waiting");
        const step = (now) => {
            let share = between((now - begun) / (1000 * SECONDS), 0, 1);
            if (still.matches) share = Math.floor(share * STOPS) / STOPS;
            // Slow at first, so that the eye sees the first row come about cell by cell.
            const done = Math.max(1, Math.round(rows * columns * share ** 2));
            showFirst(sums, maps.before, done);
            showFirst(answers, maps.after, done);
            goTo(Math.floor((done - 1) / columns), (done - 1) % columns);
            if (share === 1) stop();
            else view.playing = requestAnimationFrame(step);
        };
        view.playing = requestAnimationFrame(step);
    };
    play.textContent = words.play;
    play.onclick = () => (view.playing ? stop() : start());

    select.onchange = () => {
        if (view.playing) stop();
        view.filter = Number(select.value);
        compute();
        show(true);
    };
    // The cell that a pointer is over: on the photo the one whose patch has its middle there.
    const under = (board, event) => {
        const box = board.querySelector("canvas").getBoundingClientRect();
        const [y, x] = [(event.clientY - box.top) / box.height, (event.clientX - box.left) / box.width];
        if (board !== photo) return [Math.floor(y * rows), Math.floor(x * columns)];
        return [y, x].map((share, axis) => {
            const middle = ((layer.kernel[axis] - 1) * layer.dilation[axis] + 1) / 2;
            return Math.round((share * layer.size + layer.before[axis] - middle) / layer.stride[axis]);
        });
    };
    for (const board of [photo, sums, answers]) {
        board.onpointermove = board.onpointerdown = (event) => {
            if (view.playing) return;
            goTo(...under(board, event));
        };
    }
    sums.onkeydown = (event) => {
        const far = event.shiftKey ? FAR : 1;
        const moves = { ArrowLeft: [0, -far], ArrowRight: [0, far], ArrowUp: [-far, 0], ArrowDown: [far, 0], Home: [0, -columns], End: [0, columns] };
        const move = moves[event.key];
        if (!move || event.ctrlKey || event.altKey || event.metaKey) return;
        event.preventDefault();
        if (view.playing) stop();
        goTo(view.at[0] + move[0], view.at[1] + move[1], true);
    };

    lay(photo, picture(layer.size, layer.size, (place) => [...layer.pixels.subarray(3 * place, 3 * place + 3)]));
    if (layer.last && !layer.pooling) {
        const { values, rows: down, columns: across } = layer.last;
        const most = Math.max(...values) || 1;
        lay(last, picture(down, across, (place) => onScale(data.colours, values[place] / most)));
    }
    last.querySelector("i").hidden = !layer.pooling;
    compute();
    show(false);
    return () => cancelAnimationFrame(view.playing);
}
