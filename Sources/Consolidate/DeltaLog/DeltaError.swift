import RunFiles

/// Why a table cannot be read or written.
public enum DeltaError: Error, Sendable, Equatable {
  /// The file system refused; trying again may help.
  case io(path: String, reason: String)
  /// The log breaks the protocol's rules.
  case corrupt(file: String, reason: String)
  /// The table needs something this library does not do; the text names it and says what to do.
  case unsupported(String)
  /// Columns that do not fit those of the table; the text names both schemas.
  case schemaMismatch(String)
  /// Another writer committed something that this commit's decision rested on.
  case conflict(CommitConflict)
  /// The proposed commit breaks a rule of the protocol or of the table.
  case unwritable(String)
}

/// What another writer changed between the snapshot a commit was decided on and its own version.
public enum CommitConflict: Sendable, Equatable {
  case protocolChanged(version: Int)
  case metadataChanged(version: Int)
  /// The same application committed: its skip rule has to be asked again.
  case transaction(appId: String, version: Int)
  /// A file this commit removes is gone already.
  case fileRemoved(path: String, version: Int)
  /// A file was added to, or removed from, a partition this commit's decision read.
  case partitionChanged(path: String, version: Int)
}

extension DeltaError: ReportableError {
  public var exitStatus: ExitStatus {
    switch self {
    case .io, .conflict: .transient
    case .corrupt, .unsupported, .schemaMismatch, .unwritable: .data
    }
  }

  public var message: String {
    switch self {
    case .io(let path, let reason): "\(path): \(reason)"
    case .corrupt(let file, let reason): "the Delta log is damaged: \(file): \(reason)"
    case .unsupported(let text), .schemaMismatch(let text), .unwritable(let text): text
    case .conflict(let conflict): "another writer got there first: \(conflict)"
    }
  }

  public var hint: String? {
    switch self {
    case .io, .conflict: "run the command again"
    case .corrupt: "restore the file from a backup; a log entry is never written twice"
    case .unsupported, .schemaMismatch, .unwritable: nil
    }
  }
}

extension CommitConflict: CustomStringConvertible {
  public var description: String {
    switch self {
    case .protocolChanged(let version): "version \(version) changed the table's protocol"
    case .metadataChanged(let version): "version \(version) changed the table's metadata"
    case .transaction(let appId, let version): "version \(version) carries a transaction of \(appId)"
    case .fileRemoved(let path, let version): "version \(version) removed \(path)"
    case .partitionChanged(let path, let version):
      "version \(version) changed a partition this commit read (\(path))"
    }
  }
}
