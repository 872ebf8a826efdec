/** Shows the OpenAPI document with Swagger UI, whose scripts the page has loaded before. */
"use strict";

const operations = document.getElementById("operations");
window.SwaggerUIBundle({
  url: operations.dataset.document,
  domNode: operations,
  deepLinking: true,
  // Topics first: there are more operations than fit on a screen.
  docExpansion: "none",
  filter: true,
  defaultModelsExpandDepth: -1,
  displayRequestDuration: true,
  // The service checks nothing with the validator of swagger.io.
  validatorUrl: null,
  presets: [window.SwaggerUIBundle.presets.apis],
});
