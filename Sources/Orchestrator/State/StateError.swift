import GRDB

/// Why the state file cannot be used.
public enum StateError: Error, Hashable, Sendable, CustomStringConvertible {
  case missing(path: String)
  /// It holds something this program does not understand.
  case unreadable(path: String, reason: String)
  /// A write or read failed: disk full, locked for too long, damaged.
  case failed(path: String, reason: String)
  case nameTaken(String)
  /// Another engine has taken the file over since; this one must write nothing more.
  case superseded

  public var description: String {
    switch self {
    case .missing(let path): "there is no state file at \(path): submit a workflow first, or name another with --state"
    case .unreadable(let path, let reason): "the state file \(path) cannot be read: \(reason)"
    case .failed(let path, let reason): "the state file \(path): \(reason)"
    case .nameTaken(let name): "a workflow named '\(name)' exists already: choose another name, or use generateName"
    case .superseded: "another engine has taken over this state file"
    }
  }
}
