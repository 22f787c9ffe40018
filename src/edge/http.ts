/*
 * To import node:http as a module is to read all that it exports, and one of its exports loads a second HTTP client: that
 * takes 25 ms, more than most commands need for anything else. Asked for like this, http takes 1 ms and https 4.
 */

export const http = () => process.getBuiltinModule('node:http');

export const https = () => process.getBuiltinModule('node:https');
