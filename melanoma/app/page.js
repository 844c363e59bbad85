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
}
