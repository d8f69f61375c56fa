import Foundation

/// Named moments at which a test ends the process as a power cut would: `CONSOLIDATE_FAILPOINT=renamed`.
///
/// The promise they check: after a kill at any of them, the next merge of the same batch finishes the job, and nobody
/// saw a row before the commit.
enum Failpoint: String, CaseIterable {
  /// Receipts and parts are verified; nothing is written.
  case verified
  /// The thresholds hold.
  case validated
  /// The first file is half written.
  case writing
  /// All files are written under temporary names.
  case written
  /// The first file has its final name.
  case publishing
  /// All files have their final names; the log does not know them.
  case renamed
  /// The commit is in the log; nothing behind it exists.
  case committed
  /// The checkpoint that was due exists.
  case checkpointed
  /// `_metadata` exists, the manifest does not.
  case summarized
  /// The manifest exists, `_SUCCESS` does not.
  case manifested
  /// `_SUCCESS` exists; nobody was told.
  case marked
  /// The notification is in the outbox and was not sent.
  case queued
  /// The notification was sent, and nothing says so yet.
  case notified

  /// Whether the batch is in the table by now.
  var isBehindCommit: Bool {
    switch self {
    case .verified, .validated, .writing, .written, .publishing, .renamed: false
    case .committed, .checkpointed, .summarized, .manifested, .marked, .queued, .notified: true
    }
  }

  /// Kills this process if the environment asks for it here.
  func reach() {
    guard ProcessInfo.processInfo.environment["CONSOLIDATE_FAILPOINT"] == rawValue else { return }
    kill(getpid(), SIGKILL)
  }
}
