// A photo with a square to drag on it: by pointer (mouse, finger, pen) or by keys. All lengths are pixels of the photo.
const STEP = 0.05; // of the side, for each press of a key
const PAUSE = 350; // ms after the last key until the square is told to the server

const between = (value, low, high) => Math.min(Math.max(value, low), high);

export default function ({ data, parentElement, setTriggerValue }) {
    const board = parentElement.querySelector(".board");
    const [photo, square] = [board.querySelector("img"), board.querySelector(".square")];
    const { width, height, least } = data;
    const most = Math.min(width, height);
    let [left, top, side] = data.square;
    let drag = null;
    let waiting = 0;

    if (photo.src !== data.photo) photo.src = data.photo;
    photo.alt = data.alt;
    square.setAttribute("aria-label", data.label);

    const draw = () => {
        square.style.left = `${(100 * left) / width}%`;
        square.style.top = `${(100 * top) / height}%`;
        square.style.width = `${(100 * side) / width}%`;
        square.style.height = `${(100 * side) / height}%`;
    };
    const lay = (newLeft, newTop, newSide) => {
        side = between(Math.round(newSide), least, most);
        left = between(Math.round(newLeft), 0, width - side);
        top = between(Math.round(newTop), 0, height - side);
        draw();
    };
    const tell = () => {
        clearTimeout(waiting);
        waiting = 0;
        setTriggerValue("square", [left, top, side]);
    };
    const place = (event) => {
        const box = photo.getBoundingClientRect();
        return [((event.clientX - box.left) / box.width) * width, ((event.clientY - box.top) / box.height) * height];
    };
    // From a corner that stays, towards the pointer, as far as the photo goes.
    const span = ([x0, y0], [x, y]) => {
        const room = Math.min(x < x0 ? x0 : width - x0, y < y0 ? y0 : height - y0);
        const size = between(Math.max(Math.abs(x - x0), Math.abs(y - y0)), least, Math.max(least, room));
        lay(x < x0 ? x0 - size : x0, y < y0 ? y0 - size : y0, size);
    };

    board.onpointerdown = (event) => {
        if (event.button || !event.isPrimary) return;
        event.preventDefault(); // no dragging of the picture itself, no selection of text
        board.setPointerCapture(event.pointerId);
        const [x, y] = place(event);
        const corner = event.target.dataset?.corner;
        if (corner) {
            const fixed = [corner[1] === "w" ? left + side : left, corner[0] === "n" ? top + side : top];
            drag = (now) => span(fixed, now);
        } else if (event.target === square) {
            const [dx, dy] = [x - left, y - top];
            drag = ([nowX, nowY]) => lay(nowX - dx, nowY - dy, side);
        } else {
            const start = [between(x, 0, width), between(y, 0, height)];
            drag = (now) => span(start, now);
        }
        square.focus({ preventScroll: true });
    };
    board.onpointermove = (event) => {
        if (drag) drag(place(event));
    };
    board.onpointerup = board.onpointercancel = () => {
        if (drag) tell();
        drag = null;
    };
    square.onkeydown = (event) => {
        const step = Math.max(1, Math.round(STEP * side));
        const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
        const grows = { "+": step, "=": step, "-": -step }[event.key];
        if (moves[event.key]) lay(left + moves[event.key][0], top + moves[event.key][1], side);
        else if (grows) lay(left - grows / 2, top - grows / 2, side + grows);
        else return;
        event.preventDefault();
        clearTimeout(waiting);
        waiting = setTimeout(tell, PAUSE);
    };
    draw();
    return () => clearTimeout(waiting);
}
