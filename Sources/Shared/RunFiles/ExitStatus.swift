/// What the exit code of `ShardWorker` and `Consolidate` tells a workflow: whether trying again can help.
///
/// The values follow `sysexits.h`, so that a retry strategy can tell bad data from a passing fault.
public enum ExitStatus: Int32, Sendable {
  case success = 0
  /// The command line is wrong.
  case usage = 64
  /// Input, plan, checkpoint or receipt is wrong; the same input fails again.
  case data = 65
  /// There is no input: no directory, no file, or no row.
  case noInput = 66
  /// The model is missing, is not the one its description names, or cannot run here.
  case model = 67
  /// Memory ran out even for the smallest batch.
  case outOfMemory = 69
  /// A fault of this program.
  case software = 70
  /// A fault that may pass: disk, network, another process. Trying again can help.
  case transient = 75
  /// Ended by SIGTERM after a checkpoint; the next attempt goes on from there.
  case preempted = 143
}

/// An error that knows the exit code it leads to, what happened where, and what to do about it.
public protocol ReportableError: Error {
  var exitStatus: ExitStatus { get }
  /// One sentence: what is wrong, and where.
  var message: String { get }
  /// What the reader can do about it, if anything.
  var hint: String? { get }
}

extension ReportableError {
  /// The text for standard error: `error: ...`, and `hint: ...` on a second line.
  public var report: String {
    guard let hint else { return "error: \(message)" }
    return "error: \(message)\nhint: \(hint)"
  }
}
