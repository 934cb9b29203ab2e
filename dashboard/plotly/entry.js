// What the dashboard draws, and no more: a figure of another trace type needs its line here and a new build.
'use strict';

const Plotly = require('plotly.js/lib/core'); // brings scatter

Plotly.register([
    require('plotly.js/lib/bar'),
    require('plotly.js/lib/scattergeo'),
    require('plotly.js/lib/locales/ru')
]);

module.exports = Plotly;
