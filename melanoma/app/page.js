// What the pages need besides Streamlit, once for a visit.
if (!window.melanomaPage) {
    window.melanomaPage = true;
    // Streamlit's drawer, which a phone has for a menu, stays open after a choice, over the page that was chosen.
    document.addEventListener("click", (event) => {
        const chosen = event.target.closest?.('[data-testid="stSidebarNavLink"]');
        if (!chosen || window.innerWidth >= 768) return;
        setTimeout(() => {
            document.querySelector('[data-testid="stSidebarCollapseButton"] button')?.click();
        });
    });

    // Back is to undo what the visitor did last. Streamlit makes an entry of the browser's history for every name
    // that the server writes into the link, and none for what opens a section: here the first change after a
    // click or a key is an entry, and what follows by itself corrects that. Where the wipe stands is no entry.
    const SECTIONS = ["compare", "grid", "curves", "measures", "known-cases", "lab-methods"]; // whoever adds a section adds it here
    let acted = false;
    for (const kind of ["pointerdown", "keydown"]) {
        document.addEventListener(kind, () => { acted = true; }, true);
    }
    window.addEventListener("popstate", () => { acted = false; }, true);
    const push = history.pushState.bind(history);
    const replace = history.replaceState.bind(history);
    const changed = (url, names) => {
        const [was, is] = [new URL(location.href), new URL(url ?? location.href, location.href)].map(
            (address) => address.searchParams,
        );
        return (names ?? [...was.keys(), ...is.keys()]).filter((name) => was.get(name) !== is.get(name));
    };
    history.pushState = (state, unused, url) => {
        const elsewhere = new URL(url ?? location.href, location.href).pathname !== location.pathname;
        if (elsewhere || (acted && changed(url).some((name) => name !== "wipe"))) {
            acted = false;
            push(state, unused, url);
        } else {
            replace(state, unused, url);
        }
    };
    history.replaceState = (state, unused, url) => {
        const opened = acted && changed(url, SECTIONS).length > 0;
        if (opened) acted = false;
        (opened ? push : replace)(state, unused, url);
    };

    // A reload drops what the visitor brought; `removal.py` marks the page as long as there is any.
    window.addEventListener("beforeunload", (event) => {
        if (document.querySelector(".holds-uploads")) event.preventDefault();
    });

    // The presenter's keys, those of a pointer in the hand too; keys that a control takes are left to it.
    const PRESENTED = { ArrowRight: "next", PageDown: "next", ArrowLeft: "back", PageUp: "back", Escape: "leave" };
    const TAKES_KEYS = "input, textarea, select, [contenteditable], [role=radio], [role=slider], [role=tab], [role=menu]";
    document.addEventListener("keydown", (event) => {
        const stage = document.querySelector(".st-key-presenter");
        if (!stage || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
        if (event.target.closest?.(TAKES_KEYS)) return;
        const surprise = stage.querySelector("details");
        if (event.key in PRESENTED) stage.querySelector(`.st-key-presenter-${PRESENTED[event.key]} button`)?.click();
        else if (surprise && event.key === "ArrowDown") surprise.open = true;
        else if (surprise && event.key === "ArrowUp") surprise.open = false;
        else return;
        event.preventDefault();
    });

    // The tour of the first screen. It asks for nothing but a click, and a browser in which it was put away is not
    // asked again; where a browser remembers nothing, it is offered at each visit.
    const TOUR = "melanoma-tour";
    const remembered = (value) => {
        try {
            if (value) localStorage.setItem(TOUR, value);
            return localStorage.getItem(TOUR);
        } catch {
            return value ?? null;
        }
    };
    const root = document.documentElement;
    root.dataset.tour = remembered() ? "over" : "offered";
    let leaveStop = () => {};
    const endTour = () => {
        leaveStop();
        document.querySelector(".tour-panel")?.remove();
        remembered("over");
        root.dataset.tour = "over";
    };
    const showStop = (tour, number) => {
        leaveStop();
        document.querySelector(".tour-panel")?.remove();
        const panel = document.createElement("section");
        panel.className = "tour-panel";
        panel.setAttribute("role", "dialog");
        panel.setAttribute("aria-label", tour.name);
        const told = document.createElement("p");
        told.textContent = `${number + 1}/${tour.stops.length} ${tour.stops[number].text}`;
        panel.append(told);
        for (const [label, to] of [[tour.back, number - 1], [tour.next, number + 1]]) {
            if (!(to in tour.stops)) continue;
            const button = document.createElement("button");
            button.textContent = label;
            button.addEventListener("click", () => showStop(tour, to));
            panel.append(button);
        }
        const close = document.createElement("button");
        close.textContent = tour.close;
        close.addEventListener("click", endTour);
        panel.append(close);
        panel.addEventListener("keydown", (event) => {
            const to = { ArrowRight: number + 1, ArrowLeft: number - 1 }[event.key];
            if (event.key === "Escape") endTour();
            else if (to in tour.stops) showStop(tour, to);
            else return;
            event.stopPropagation();
            event.preventDefault();
        });
        (document.querySelector(".stApp") ?? document.body).append(panel);
        const place = document.querySelector(tour.stops[number].at);
        place?.classList.add("tour-stop");
        leaveStop = () => place?.classList.remove("tour-stop");
        place?.scrollIntoView({ block: "nearest" });
        (panel.querySelectorAll("button")[number ? 1 : 0] ?? close).focus({ preventScroll: true });
    };
    document.addEventListener("click", (event) => {
        const offer = event.target.closest?.(".tour-offer");
        if (!offer) return;
        if (event.target.closest(".tour-never")) endTour();
        else if (event.target.closest(".tour-begin")) showStop(JSON.parse(offer.dataset.tour), 0);
    });

    // The wipe between two pictures follows its slider while that is moved; the server hears where it stops.
    const wipe = () => {
        const slider = document.querySelector('.st-key-wipe input[type="range"]');
        if (slider) document.documentElement.style.setProperty("--wipe", `${slider.value}%`);
    };
    new MutationObserver(wipe).observe(document.body, {
        subtree: true,
        childList: true,
        attributes: true,
        attributeFilter: ["aria-valuetext"],
    });

    // A chart as a slide of 1920 x 1080: what Plotly drew, dark on white whatever the theme, with title and notice.
    const SLIDE = { width: 1920, height: 1080, left: 80, top: 150, wide: 1760, high: 800 };
    const INK = `text { fill: #0b161c !important; font-family: sans-serif; }
.xgrid, .ygrid, .zl { stroke: #d5dadd !important; }
path { vector-effect: none !important; }`; // lines grow with the slide
    // Its parts are made one by one: where a script holds a tag as text, Streamlit's cleaning drops all of it.
    const drawn = (name, attributes, ...content) => {
        const found = document.createElementNS("http://www.w3.org/2000/svg", name);
        for (const [key, value] of Object.entries(attributes)) found.setAttribute(key, value);
        found.append(...content);
        return found;
    };
    const slideOf = (chart, title, notice) => {
        const { width, height } = chart.getBoundingClientRect();
        const scale = Math.min(SLIDE.wide / width, SLIDE.high / height);
        const layers = [...chart.querySelectorAll(".main-svg")].map((layer) => {
            const copy = layer.cloneNode(true);
            copy.setAttribute("style", "overflow: visible");
            // As wide as here, whatever font the reader's machine puts in the place of this page's.
            const written = [...layer.querySelectorAll("text")];
            copy.querySelectorAll("text").forEach((text, place) => {
                if (text.querySelector(".line + .line") || !text.textContent) return;
                text.setAttribute("textLength", written[place].getComputedTextLength());
                text.setAttribute("lengthAdjust", "spacingAndGlyphs");
            });
            copy.querySelectorAll(".hoverlayer, .drag, .nsewdrag").forEach((part) => part.remove());
            return copy;
        });
        const slide = drawn(
            "svg",
            { width: SLIDE.width, height: SLIDE.height, viewBox: `0 0 ${SLIDE.width} ${SLIDE.height}` },
            drawn("style", {}, INK),
            drawn("rect", { width: "100%", height: "100%", fill: "#ffffff" }),
            drawn("text", { x: SLIDE.left, y: 96, "font-size": 48 }, title),
            drawn("g", { transform: `translate(${(SLIDE.width - scale * width) / 2} ${SLIDE.top}) scale(${scale})` }, ...layers),
            drawn("text", { x: SLIDE.left, y: 1030, "font-size": 26 }, notice),
        );
        return new XMLSerializer().serializeToString(slide);
    };
    const pictureOf = async (svg) => {
        const image = new Image();
        image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
        await image.decode();
        const canvas = Object.assign(document.createElement("canvas"), { width: SLIDE.width, height: SLIDE.height });
        canvas.getContext("2d").drawImage(image, 0, 0);
        return new Promise((resolve) => { canvas.toBlob(resolve, "image/png"); });
    };
    // Before the page's own listeners: what a click in a popover means does not leave it.
    document.addEventListener("click", async (event) => {
        const button = event.target.closest?.("button.save-chart");
        const chart = button && document.querySelector(`.st-key-${button.dataset.chart} .js-plotly-plot`);
        if (!chart) return;
        const svg = slideOf(chart, button.dataset.title, button.dataset.notice);
        const content = button.dataset.kind === "png" ? await pictureOf(svg) : new Blob([svg], { type: "image/svg+xml" });
        const address = URL.createObjectURL(content);
        Object.assign(document.createElement("a"), { href: address, download: `${button.dataset.file}.${button.dataset.kind}` }).click();
        setTimeout(() => { URL.revokeObjectURL(address); }, 60_000);
    }, true);

    // Where the browser lets no page write to the clipboard, the address is shown to be copied by hand.
    document.addEventListener("click", async (event) => {
        const button = event.target.closest?.("button.copy-link");
        if (!button) return;
        const address = button.parentElement.querySelector("input");
        address.value = location.href;
        try {
            await navigator.clipboard.writeText(location.href);
            button.textContent = button.dataset.done;
        } catch {
            address.hidden = false;
            address.focus();
            address.select();
        }
    });
}
