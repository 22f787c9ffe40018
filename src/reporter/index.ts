/**
 * Values to text and HTML: plans, status, the dashboard. Pure; never looks anything up and never prints.
 */
export { dashboardPage } from './pages/dashboard.ts';
export { holdText, type Paint, planText, stepText } from './plan-text.ts';
export { statusText } from './status-text.ts';
export type { ChannelRow, OpenProposal, StatusView, UpstreamRow } from './status-view.ts';
