// Light or dark before the first paint. A classic script in the head: a module would run too late and flash.
(function () {
  const device = window.matchMedia("(prefers-color-scheme: dark)");
  function apply() {
    const chosen = document.cookie.match(/(?:^|; )theme=(light|dark)/);
    document.documentElement.dataset.bsTheme = chosen ? chosen[1] : device.matches ? "dark" : "light";
  }
  apply();
  device.addEventListener("change", apply);
})();
