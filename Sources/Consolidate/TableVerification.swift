import DeltaLog
import Foundation
import RunFiles
import Storage

/// Checks that a table holds what its log, its manifests and a run say. Collects all that is wrong.
struct TableVerification {
  let tablePath: String
  private(set) var failures: [String] = []
  private var files = 0
  private var rows = 0
  private var manifests = 0

  init(tablePath: String) { self.tablePath = tablePath }

  /// What was found, for standard error.
  var text: String {
    let summary =
      "\(tablePath): \(MergeReport.count(files, "file")), \(MergeReport.count(rows, "row")), "
      + "\(MergeReport.count(manifests, "manifest")): "
      + (failures.isEmpty ? "all as recorded" : "not as recorded") + "\n"
    return failures.reduce(summary) { $0 + "  \($1)\n" }
  }

  /// Every file of the latest version, and the manifests beside them.
  mutating func checkTable() throws {
    let snapshot = try latest()
    for file in snapshot.files { check(file) }
    let directories = Set(snapshot.files.map { Self.directory(of: PercentEncoding.decode($0.path)) })
    for directory in directories.sorted() { check(manifestIn: directory, snapshot) }
  }

  /// That the run's batch is in the table, with the run's rows.
  mutating func checkRun(_ directory: RunDirectory, partition: [Batch.PartitionColumn] = []) throws {
    let run = try StagedRun(directory: directory)
    _ = try run.verifyParts()
    let batch = try Batch(run, partition: partition, generation: 1)
    let decision = TableDecision(batch: batch, table: DeltaTable(store: LocalLogStore(table: tablePath)))
    let snapshot = try latest()
    guard try decision.settledVersion(snapshot) != nil else {
      failures.append("batch \(batch.name) of \(directory.root) is not in the table")
      return
    }
    let held = snapshot.files.filter { $0.tag(FileTag.appId) == batch.appId }
      .reduce(0) { $0 + ($1.numRecords ?? 0) }
    if held != run.rows {
      failures.append("batch \(batch.name) has \(held) rows in the table, its receipts say \(run.rows)")
    }
  }

  private func latest() throws -> Snapshot {
    guard let snapshot = try DeltaTable(store: LocalLogStore(table: tablePath)).snapshot() else {
      throw ConsolidateError.noTable(path: tablePath)
    }
    return snapshot
  }

  private mutating func check(_ file: AddedFile) {
    let path = PercentEncoding.decode(file.path)
    files += 1
    do {
      guard let bytes = LocalFile.size("\(tablePath)/\(path)") else {
        failures.append("\(path): missing")
        return
      }
      if bytes != file.size { failures.append("\(path): \(bytes) bytes, the log says \(file.size)") }
      let reader = try ParquetReader(path: "\(tablePath)/\(path)")
      rows += reader.rows
      if let recorded = file.numRecords, recorded != reader.rows {
        failures.append("\(path): \(reader.rows) rows, the log says \(recorded)")
      }
      try checkHash(path, file.tag(FileTag.sha256), "the log")
    } catch {
      failures.append("\(path): \(reportable(error).message)")
    }
  }

  private mutating func checkHash(_ path: String, _ recorded: String?, _ source: String) throws {
    guard let recorded else { return }
    let found = try FileDigest.sha256(ofFile: "\(tablePath)/\(path)")
    if found != recorded { failures.append("\(path): SHA-256 \(found), \(source) says \(recorded)") }
  }

  private mutating func check(manifestIn directory: String, _ snapshot: Snapshot) {
    let path = "\(directory)/\(BatchManifest.fileName)"
    guard LocalFile.size("\(tablePath)/\(path)") != nil else { return }
    manifests += 1
    do {
      let manifest = try BatchManifest(readingFrom: "\(tablePath)/\(path)")
      check(manifest, path, snapshot)
    } catch {
      failures.append("\(path): \(reportable(error).message)")
    }
  }

  private mutating func check(_ manifest: BatchManifest, _ path: String, _ snapshot: Snapshot) {
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

  private static func directory(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
  }
}
