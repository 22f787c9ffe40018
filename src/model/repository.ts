import type { Nevra, Sha256 } from './package.ts';

export interface AdvisoryReference {
  readonly href: string;
  readonly id: string;
  /** `cve`, `bugzilla`, `self`, `other` … as the vendor writes it. */
  readonly type: string;
  readonly title: string;
}

export interface AdvisoryPackage extends Nevra {
  readonly filename: string;
  /** `src` attribute: the source package's file name. */
  readonly src: string;
  readonly rebootSuggested: boolean;
  readonly restartSuggested: boolean;
  readonly reloginSuggested: boolean;
}

export interface AdvisoryCollection {
  readonly short: string;
  readonly name: string;
  readonly module?: {
    readonly name: string;
    readonly stream: string;
    readonly version: string;
    readonly context: string;
    readonly arch: string;
  };
  readonly packages: readonly AdvisoryPackage[];
}

/** One `<update>` of updateinfo.xml. Text fields are as written; absent ones are empty. */
export interface Advisory {
  readonly id: string;
  readonly from: string;
  /** `security`, `bugfix`, `enhancement`, `newpackage`. */
  readonly type: string;
  readonly status: string;
  readonly version: string;
  readonly title: string;
  readonly issued: string;
  readonly updated: string;
  readonly rights: string;
  readonly release: string;
  readonly pushcount: string;
  /** Critical, Important, Moderate, Low, None or empty. */
  readonly severity: string;
  readonly summary: string;
  readonly description: string;
  readonly solution: string;
  readonly rebootSuggested: boolean;
  readonly references: readonly AdvisoryReference[];
  readonly collections: readonly AdvisoryCollection[];
}

/** An advisory held in a snapshot, named by the digest of its canonical JSON. */
export interface HeldAdvisory {
  readonly sha256: Sha256;
  readonly advisory: Advisory;
}

/** One element of comps.xml, kept as the canonical XML it is published with. */
export interface Group {
  readonly sha256: Sha256;
  readonly kind: 'group' | 'category' | 'environment' | 'langpacks';
  readonly id: string;
  /** Package names that a group lists; empty for the other kinds. */
  readonly packages: readonly string[];
  readonly xml: string;
}

/** One document of modules.yaml, kept as the text it is published with. */
export interface Module {
  readonly sha256: Sha256;
  readonly kind: 'modulemd' | 'modulemd-defaults' | 'modulemd-obsoletes' | 'modulemd-translations';
  /** `name:stream:version:context:arch` for a build, the module name for the other kinds. */
  readonly nsvca: string;
  /** NEVRAs (with epoch, as modulemd writes them) that live or die with this build. */
  readonly artifacts: readonly string[];
  readonly yaml: string;
}
