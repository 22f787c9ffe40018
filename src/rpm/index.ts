/**
 * What RPM means: versions, headers, signatures, repository metadata, dependency closure. Bytes in, values out.
 * Never touches a file, the network, a clock or another program; whatever is wrong with the bytes is a `Fault`.
 */

export { joinSignatures } from './armor.ts';
export { archFamily } from './closure/arch.ts';
export {
  type DependencyIndex,
  dependencyIndex,
  type RequirementFinding,
  sortedFindings,
} from './closure/dependency-index.ts';
export { markAs, marksOf, nameMark, namesAskedBy } from './closure/name-marks.ts';
export { dependencyText } from './closure/overlap.ts';
export { isTouched, type TouchedNames, touchedNames } from './closure/touched-names.ts';
export { isPrimaryPath } from './dependencies.ts';
export { type PackageFile as StoredPackage, readPackageHead } from './detail.ts';
export { compareEvr, compareVersions } from './evr.ts';
export {
  compromisedKeys,
  fullFingerprint,
  type Keyring,
  keyringFingerprints,
  readKeyring,
} from './keyring.ts';
export { packageHeadLength } from './package-layout.ts';
export {
  type Inspection,
  inspectPackage,
  type PackageScanner,
  packageScanner,
} from './package-scan.ts';
export { signersNamed } from './package-signatures.ts';
export { publicHalf } from './public-half.ts';
export { advisoryDigest, advisorySubstance } from './repodata/advisory-digest.ts';
export { type Checksum, checkedBytes, type ExpectedBytes } from './repodata/checksum.ts';
export { compsXml, readComps } from './repodata/comps.ts';
export { type Doubles, findDoubles } from './repodata/doubles.ts';
export { type FilelistsRecord, readFilelists } from './repodata/filelists.ts';
export { hrefObjection } from './repodata/href.ts';
export { modulesYaml, readModules } from './repodata/modules.ts';
export { checkNevra } from './repodata/nevra-grammar.ts';
export { type OtherRecord, readOther } from './repodata/other.ts';
export type { PackageFile } from './repodata/package-elements.ts';
export {
  filelistsFragment,
  metadataHead,
  metadataTail,
  otherFragment,
  primaryFragment,
} from './repodata/package-fragments.ts';
export { type PrimaryRecord, readPrimary } from './repodata/primary.ts';
export { type KnownSlices, type PrimarySlice, primarySlices } from './repodata/primary-slices.ts';
export { type Repomd, type RepomdRecord, readRepomd } from './repodata/repomd.ts';
export { readUpdateinfo } from './repodata/updateinfo.ts';
export { repomdXml } from './repodata/write-repomd.ts';
export { updateinfoXml } from './repodata/write-updateinfo.ts';
export { bytesToSign, signaturePacket, withSignature } from './signed-package.ts';
export { type CpioReader, cpioReader } from './source/cpio.ts';
export {
  type PayloadCompression,
  readSourceHead,
  type SourceContent,
  type SourceHead,
  sourceReader,
} from './source/source-reader.ts';
export { type EditedSpec, editSpec, type SpecEdit } from './source/spec-edit.ts';
export { judgePackage, type SignatureRules, type Verdict } from './verdict.ts';
export { verifyDetached } from './verify-detached.ts';
