/* Every Google font, as an empty one: `next build` asks this in the place of the network (NEXT_FONT_GOOGLE_MOCKED_RESPONSES). */
"use strict";
module.exports = new Proxy({}, { get: () => "@font-face { font-family: 'Stand-in'; src: local('Arial'); }", has: () => true });
