/* Light or dark, before anything is painted: as the system says, unless somebody chose. */

(() => {
  const KEY = "devkit-theme";
  let chosen = null;
  try {
    chosen = localStorage.getItem(KEY);
  } catch {
    // A browser that keeps nothing follows the system.
  }
  const apply = (theme) => {
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
    else delete document.documentElement.dataset.theme;
  };
  apply(chosen);
  window.devkitTheme = {
    get dark() {
      const theme = document.documentElement.dataset.theme;
      return theme ? theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    },
    toggle() {
      const theme = this.dark ? "light" : "dark";
      apply(theme);
      try {
        localStorage.setItem(KEY, theme);
      } catch {
        // Then it holds for this page alone.
      }
      return theme;
    },
  };
})();
