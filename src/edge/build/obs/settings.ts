/** An Open Build Service as `controller.yaml` describes it, files already found. */
export interface ObsSettings {
  /** Root of its interface: that of the API, or of a backend's source server. https, or http to this machine. */
  readonly url: string;
  /** For the API; a backend asks for nobody's name. */
  readonly login?: { readonly user: string; readonly passwordFile: string };
  /** All its projects are below this one; one installation of Sluice alone uses it. */
  readonly project: string;
  /** Where the build service reaches what `sluice run` serves, without a slash at the end. */
  readonly servedAt: string;
  /** Text of the project configuration that makes a buildroot of the repositories: Preinstall, Required and so on. */
  readonly projectConfig: string;
}

export interface ObsOptions {
  readonly settings: ObsSettings;
  /** Of this program, for the user agent. */
  readonly version: string;
  /** Told when a build enters another state. */
  readonly note?: (text: string) => void;
  readonly patience?: Partial<Patience>;
}

/** How long is waited, in seconds. */
export interface Patience {
  /** Between two looks. */
  readonly poll: number;
  /** Until a build service has read the repositories of a new buildroot. */
  readonly root: number;
  /** Until a worker takes the build. */
  readonly queue: number;
  /** That a state which ends a build has to last: the scheduler reports some of them before it has looked. */
  readonly settle: number;
  /** For one request. */
  readonly request: number;
}

export const usualPatience: Patience = {
  poll: 5,
  root: 600,
  queue: 24 * 3600,
  settle: 20,
  request: 120,
};
