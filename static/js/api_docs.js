// The API page: shows the schema with the bundled reader. Requests tried here act with the session of the page.
const home = document.getElementById("swagger-ui");

window.SwaggerUIBundle({
  url: home.dataset.schema,
  domNode: home,
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: -1,
  validatorUrl: null,
  requestInterceptor(request) {
    if (!request.headers.Authorization && !["GET", "HEAD", undefined].includes(request.method)) {
      request.headers["X-CSRFToken"] = home.dataset.csrf;
    }
    return request;
  },
});
