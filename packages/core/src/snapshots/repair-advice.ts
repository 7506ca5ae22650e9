/** What every error says that a damaged, missing or older CURRENT ends in. */
export const repairAdvice =
  'Nothing was changed or deleted. Do not put an older CURRENT back: store.repair(), or offstage-snapshots <dir> repair, shows the versions that are there and proposes which ones to name.';
