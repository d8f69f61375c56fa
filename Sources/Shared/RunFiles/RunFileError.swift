/// Why a file of a run could not be read or written.
public enum RunFileError: ReportableError, Equatable {
  /// Nothing is at `path`.
  case missing(path: String)
  /// The text is not JSON; `offset` is the byte where reading stopped.
  case notJSON(path: String, offset: Int, reason: String)
  /// A key is missing or holds a value of another type.
  case malformed(path: String, reason: String)
  /// The file is of another kind, for instance a receipt where a plan belongs.
  case wrongKind(path: String, expected: String, found: String)
  /// The file was written in a format that this program does not know.
  case unknownFormat(path: String, expected: Int, found: Int)
  /// The content does not match the digest that it carries.
  case digestMismatch(path: String, expected: String, found: String)
  /// The operating system refused `operation`.
  case system(path: String, operation: String, reason: String)

  public var exitStatus: ExitStatus {
    switch self {
    case .missing: .noInput
    case .system: .transient
    default: .data
    }
  }

  public var message: String {
    switch self {
    case .missing(let path):
      "\(path) does not exist"
    case .notJSON(let path, let offset, let reason):
      "\(path) is not JSON: \(reason) at byte \(offset)"
    case .malformed(let path, let reason):
      "\(path): \(reason)"
    case .wrongKind(let path, let expected, let found):
      "\(path) is a \(found), not a \(expected)"
    case .unknownFormat(let path, let expected, let found):
      "\(path) has format \(found); this program reads format \(expected)"
    case .digestMismatch(let path, let expected, let found):
      "\(path) was changed after it was written: its digest is \(found), it carries \(expected)"
    case .system(let path, let operation, let reason):
      "cannot \(operation) \(path): \(reason)"
    }
  }

  public var hint: String? {
    switch self {
    case .notJSON: "the file was cut short or edited; remove it and write it again"
    case .unknownFormat: "use the version of the program that wrote it, or make the file anew"
    case .digestMismatch: "run `ShardWorker plan` again"
    default: nil
    }
  }
}
