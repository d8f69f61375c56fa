import Foundation

/// Named moments at which a test ends the process as a power cut would: `CONSOLIDATE_FAILPOINT=renamed`.
///
/// The promise they check: after a kill at any of them, the next merge of the same batch finishes the job, and nobody
/// saw a row before the commit.
enum Failpoint: String, CaseIterable {
  /// Receipts and parts are verified; nothing is written.
  case verified
  /// The first file is half written.
  case writing
  /// All files are written under temporary names.
  case written
  /// All files have their final names; the log does not know them.
  case renamed
  /// The commit is in the log; nothing behind it exists.
  case committed
  /// `_metadata` exists, the manifest does not.
  case summarized
  /// The manifest exists; the report was not given.
  case manifested

  /// Kills this process if the environment asks for it here.
  func reach() {
    guard ProcessInfo.processInfo.environment["CONSOLIDATE_FAILPOINT"] == rawValue else { return }
    kill(getpid(), SIGKILL)
  }
}
