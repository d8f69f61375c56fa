import DeltaLog
import Foundation

/// Where the files of a table, or of a run, lie: a directory, or a prefix in a bucket. Paths are relative to it.
protocol TableStore: Sendable {
  /// The table as people name it: `data/predictions`, `s3://lake/predictions`.
  var root: String { get }

  /// A whole file; nil when it does not exist.
  func read(_ path: String) throws -> Data?
  /// Bytes and last change of a file; nil when it does not exist.
  func info(_ path: String) throws -> StoredFile?
  /// Replaces a file. Readers see the old one or the new one, whole.
  func write(_ path: String, _ contents: Data) throws
  /// Puts a whole file under a name that is not taken. Of all who do so at once, one wins.
  func create(_ path: String, _ contents: Data) throws -> CreateAnswer
  /// Removes a file; no error when there is none.
  func remove(_ path: String) throws
  /// All files below a directory, in the order of their paths.
  func files(below directory: String) throws -> [StoredFile]
  /// A place for files of a directory that are not finished.
  func staging(for directory: String) throws -> any StagingArea
  /// Takes away what killed merges left in a directory.
  func removeAbandoned(in directory: String)
}

extension TableStore {
  /// What Arrow opens: a full path or an `s3://` URL.
  func location(_ path: String) -> String { "\(root)/\(path)" }
}

/// A file of a table.
struct StoredFile: Equatable, Sendable {
  /// Relative to the table.
  let path: String
  let bytes: Int
  /// Milliseconds since 1970.
  let modified: Int
}

/// Where files are written before they get their names.
protocol StagingArea: Sendable {
  /// What Arrow writes to.
  func location(of name: String) -> String
  /// Gives a finished file its name in the directory. Equal names mean equal bytes, so that a name may be taken.
  func publish(_ name: String) throws
  /// Takes away what was not published.
  func discard()
}

/// A table's log, over whatever store the table is in.
struct TableLogStore: LogStore {
  static let directory = "_delta_log"
  let store: any TableStore

  func names() throws(DeltaError) -> [String] {
    try mapped("list") {
      try store.files(below: Self.directory).map { String($0.path.dropFirst(Self.directory.count + 1)) }
        .filter { !$0.contains("/") }
    }
  }

  func read(_ name: String) throws(DeltaError) -> Data? {
    try mapped("read \(name) in") { try store.read("\(Self.directory)/\(name)") }
  }

  func create(_ name: String, _ contents: Data) throws(DeltaError) -> CreateAnswer {
    try mapped("create \(name) in") { try store.create("\(Self.directory)/\(name)", contents) }
  }

  func replace(_ name: String, _ contents: Data) throws(DeltaError) {
    try mapped("write \(name) in") { try store.write("\(Self.directory)/\(name)", contents) }
  }

  private func mapped<Value>(_ operation: String, _ work: () throws -> Value) throws(DeltaError) -> Value {
    do {
      return try work()
    } catch {
      throw .io(
        path: "\(store.root)/\(Self.directory)", reason: "cannot \(operation): \(reportable(error).message)")
    }
  }
}

extension DeltaTable {
  init(in store: any TableStore) { self.init(store: TableLogStore(store: store), checkpoints: ParquetCheckpoints()) }
}

/// The store that a table's name leads to.
enum TableStores {
  /// - Parameter table: or a run: a directory, or `s3://bucket/prefix`.
  static func open(_ table: String) throws -> any TableStore {
    let root = trimmed(table)
    guard root.hasPrefix("s3://") else { return LocalStore(root: root) }
    return try S3Store(url: root, configuration: try S3Configuration(ProcessInfo.processInfo.environment))
  }

  private static func trimmed(_ path: String) -> String {
    var path = path
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    return path
  }
}
