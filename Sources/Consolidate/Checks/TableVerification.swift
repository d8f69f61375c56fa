import DeltaLog
import Foundation
import RunFiles
import Storage

/// Checks that a table holds what its log, its manifests and a run say. Collects all that is wrong.
struct TableVerification {
  let store: any TableStore
  /// The version that is looked at; nil for the latest.
  let version: Int?
  private(set) var failures: [String] = []
  private var files = 0
  private var rows = 0
  private var manifests = 0

  init(store: any TableStore, version: Int? = nil) {
    self.store = store
    self.version = version
  }

  /// What was found, for standard error.
  var text: String {
    let summary =
      "\(store.root): \(MergeReport.count(files, "file")), \(MergeReport.count(rows, "row")), "
      + "\(MergeReport.count(manifests, "manifest")): "
      + (failures.isEmpty ? "all as recorded" : "not as recorded") + "\n"
    return failures.reduce(summary) { $0 + "  \($1)\n" }
  }

  /// Every file of the version, and, of the latest, the manifests beside them.
  mutating func checkTable() throws {
    let snapshot = try snapshot()
    for file in snapshot.files { check(file) }
    guard version == nil else { return }
    let directories = Set(snapshot.files.map { $0.tag(FileTag.directory) ?? Self.directory(of: $0) })
    for directory in directories.sorted() { check(manifestIn: directory, snapshot) }
  }

  /// That the run's batch is in the table, with the run's rows.
  mutating func checkRun(
    _ directory: RunDirectory, partition: [Batch.PartitionColumn] = [], dataPartition: [String] = []
  ) throws {
    let run = try StagedRun(directory: directory)
    _ = try run.verifyParts()
    let batch = try Batch(run, partition: partition, dataPartition: dataPartition, generation: 1)
    let decision = TableDecision(batch: batch, table: DeltaTable(in: store))
    let snapshot = try snapshot()
    guard try decision.settled(snapshot) != nil else {
      failures.append("batch \(batch.name) of \(directory.root) is not in the table")
      return
    }
    let held = snapshot.files.filter { $0.tag(FileTag.appId) == batch.appId }
      .reduce(0) { $0 + ($1.numRecords ?? 0) }
    if held != run.rows {
      failures.append("batch \(batch.name) has \(held) rows in the table, its receipts say \(run.rows)")
    }
  }

  private func snapshot() throws -> Snapshot {
    guard let snapshot = try DeltaTable(in: store).snapshot(at: version) else {
      throw ConsolidateError.noTable(path: store.root)
    }
    return snapshot
  }

  private mutating func check(_ file: AddedFile) {
    let path = PercentEncoding.decode(file.path)
    files += 1
    do {
      guard let bytes = try store.info(path)?.bytes else {
        failures.append("\(path): missing")
        return
      }
      if bytes != file.size { failures.append("\(path): \(bytes) bytes, the log says \(file.size)") }
      let reader = try ParquetReader(path: store.location(path))
      rows += reader.rows
      if let recorded = file.numRecords, recorded != reader.rows {
        failures.append("\(path): \(reader.rows) rows, the log says \(recorded)")
      }
      try checkHash(path, file.tag(FileTag.sha256))
    } catch {
      failures.append("\(path): \(reportable(error).message)")
    }
  }

  private mutating func checkHash(_ path: String, _ recorded: String?) throws {
    guard let recorded else { return }
    let found = try ByteInput(path: store.location(path)).sha256()
    if found != recorded { failures.append("\(path): SHA-256 \(found), the log says \(recorded)") }
  }

  private mutating func check(manifestIn directory: String, _ snapshot: Snapshot) {
    let path = "\(directory)/\(BatchManifest.fileName)"
    do {
      guard let data = try store.read(path) else { return }
      manifests += 1
      check(try BatchManifest(from: data, path: path), path, snapshot)
    } catch {
      failures.append("\(path): \(reportable(error).message)")
    }
  }

  private mutating func check(_ manifest: BatchManifest, _ path: String, _ snapshot: Snapshot) {
    // A merge by key also writes files of others anew, which later merges may write anew again.
    guard manifest.mode != MergeMode.Name.mergeByKey.rawValue else { return }
    let logged = snapshot.files.filter { $0.tag(FileTag.appId) == manifest.appId }
    let expected = Set(logged.map { "\(PercentEncoding.decode($0.path)) \($0.tag(FileTag.sha256) ?? "")" })
    if Set(manifest.files.map { "\($0.path) \($0.sha256)" }) != expected {
      failures.append("\(path): lists other files than the log")
    }
    let rows = logged.reduce(0) { $0 + ($1.numRecords ?? 0) }
    if rows != manifest.recordCount {
      failures.append("\(path): \(manifest.recordCount) rows, the log says \(rows)")
    }
  }

  private static func directory(of file: AddedFile) -> String {
    let path = PercentEncoding.decode(file.path)
    return path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
  }
}
