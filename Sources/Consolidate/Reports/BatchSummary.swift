import DeltaLog
import Foundation
import RunFiles
import Storage

/// The files that describe a committed batch: `_metadata`, the manifest and `_SUCCESS`.
struct BatchSummary {
  static let metadataName = "_metadata"
  /// Empty; says that the directory's batch is in the table. What Hadoop's jobs leave, and many wait for.
  static let successName = "_SUCCESS"
  static let names = [metadataName, BatchManifest.fileName, successName]

  let run: StagedRun
  let batch: Batch
  let rate: BatchCost.Rate?
  let store: any TableStore
  let table: DeltaTable

  /// Writes what is missing. What the manifest says comes from the commit and the receipts, so it does not matter
  /// which merge writes it.
  func complete(_ settled: TableDecision.Settled) throws -> BatchManifest {
    let path = "\(batch.directory)/\(BatchManifest.fileName)"
    let present = try store.read(path).flatMap { try? BatchManifest(from: $0, path: path) }
    if let present, describes(present, settled) {
      try mark()
      return present
    }
    let actions = try settled.actions ?? recovered()
    let files = try actions.compactMap { action in
      if case .add(let file) = action { try tableFile(file) } else { nil }
    }
    try writeMetadata(files, settled.version)
    Failpoint.summarized.reach()
    let manifest = try self.manifest(settled.version, files, actions)
    try store.write(path, Data(try manifest.tree().fileText.utf8))
    Failpoint.manifested.reach()
    try removeSummaries(of: actions)
    try mark()
    return manifest
  }

  private func mark() throws {
    let path = "\(batch.directory)/\(Self.successName)"
    if try store.info(path) == nil { try store.write(path, Data()) }
  }

  /// What a commit that was cleaned up had added, as far as the table still has it.
  private func recovered() throws -> [Action] {
    let files = try table.snapshot()?.files.filter { $0.tag(FileTag.appId) == batch.appId } ?? []
    return files.map(Action.add)
  }

  /// A price that was not known when the manifest was written makes it incomplete.
  private func describes(_ manifest: BatchManifest, _ settled: TableDecision.Settled) -> Bool {
    let cost = rate.map { BatchCost($0, run: run, wallSeconds: manifest.timings.wallSeconds) }
    return (manifest.tableVersion == settled.version || settled.actions == nil)
      && manifest.contentDigest == batch.contentDigest && manifest.appId == batch.appId
      && (cost == nil || manifest.cost == cost)
  }

  /// Files that this commit removed may have lain in another directory, under an earlier schema version. What
  /// describes them there is no longer true.
  private func removeSummaries(of actions: [Action]) throws {
    for case .remove(let file) in actions {
      let path = PercentEncoding.decode(file.path)
      guard let slash = path.lastIndex(of: "/"), !path.hasPrefix(batch.directory + "/") else { continue }
      for name in Self.names { try store.remove("\(path[..<slash])/\(name)") }
    }
  }

  private func tableFile(_ file: AddedFile) throws -> TableFile {
    let path = PercentEncoding.decode(file.path)
    guard let sha256 = file.tag(FileTag.sha256), let rows = file.numRecords, try store.info(path)?.bytes == file.size
    else {
      throw DeltaError.corrupt(
        file: store.location(path), reason: "it is not the file of \(file.size) bytes that was committed")
    }
    return TableFile(path: path, rows: rows, bytes: file.size, sha256: sha256)
  }

  /// `_metadata`: all row groups of the batch in one footer, named relative to its directory. After a merge by key, of
  /// all files in the directory.
  private func writeMetadata(_ files: [TableFile], _ version: Int) throws {
    var paths = files.map(\.path)
    if batch.mode.name == .mergeByKey {
      paths = try table.snapshot(at: version)?.files.map { PercentEncoding.decode($0.path) } ?? []
      paths = paths.filter { $0.hasPrefix(batch.directory + "/") }
    }
    guard !paths.isEmpty else { return try store.remove("\(batch.directory)/\(Self.metadataName)") }
    let staging = try store.staging(for: batch.directory)
    defer { staging.discard() }
    let sources = paths.map {
      (path: store.location($0), name: String($0.dropFirst(batch.directory.count + 1)))
    }
    do {
      try ParquetWriter.writeMetadata(of: sources, to: staging.location(of: Self.metadataName))
      try staging.publish(Self.metadataName)
    } catch let error as StorageError where error.category == .data {
      // Files of several schemas have no common footer; none is better than one that is not true any more.
      try store.remove("\(batch.directory)/\(Self.metadataName)")
    }
  }

  private func manifest(_ version: Int, _ files: [TableFile], _ actions: [Action]) throws -> BatchManifest {
    var info: CommitInfo?
    for case .commitInfo(let found) in actions { info = found }
    let metrics = info?.members["operationMetrics"]
    let milliseconds = metrics?["executionTimeMs"]?.text.flatMap(Double.init) ?? 0
    let timings = try BatchTimings(run.receipts, mergeSeconds: milliseconds / 1000)
    guard let model = BatchManifest.Model(run) else {
      throw RunFileError.malformed(path: run.directory.plan, reason: "it has no shards")
    }
    var manifest = BatchManifest(
      recordCount: files.reduce(0) { $0 + $1.rows }, timestamp: CalendarText.timestamp(millis: info?.timestamp ?? 0),
      batch: batch.name, appId: batch.appId, generation: batch.generation, tableVersion: version,
      partition: Dictionary(uniqueKeysWithValues: batch.partition.map { ($0.name, $0.value) }),
      files: files, deadLetters: run.deadLetters, schemaVersion: batch.schemaVersion, schema: run.columns,
      model: model, contentDigest: batch.contentDigest, inputDigest: run.inputDigest,
      planDigest: run.plan.digest, timings: timings,
      cost: rate.map { BatchCost($0, run: run, wallSeconds: timings.wallSeconds) }, createdBy: Release.name)
    manifest.mode = batch.mode.name.rawValue
    manifest.runId = run.id
    manifest.partitionBy = batch.dataPartition.isEmpty ? nil : batch.dataPartition.map(\.name)
    manifest.stages = BatchStages(run.receipts, merge: milliseconds / 1000)
    manifest.shards = run.receipts.map(ShardTiming.init)
    manifest.rowsByKey = metrics.flatMap(RowsByKey.init)
    try manifest.take(info)
    return manifest
  }
}

extension BatchManifest {
  /// What the commit says of the batch's values.
  fileprivate mutating func take(_ info: CommitInfo?) throws {
    profile = try Self.decoded(info?.members["profile"])
    drift = try Self.decoded(info?.members["drift"])
    checks = try Self.decoded(info?.members["checks"])
    baseline = info?.members["baseline"]?.text
    baselineProfile = try Self.decoded(info?.members["baselineProfile"])
  }

  private static func decoded<Value: Decodable>(_ value: JSONValue?) throws -> Value? {
    try value.map { try JSONDecoder().decode(Value.self, from: Data($0.canonicalText.utf8)) }
  }
}

extension RowsByKey {
  /// nil when the commit was no merge by key.
  fileprivate init?(_ metrics: JSONValue) {
    func number(_ name: String) -> Int? { metrics[name]?.text.flatMap { Int($0) } }
    guard let source = number("numSourceRows"), let inserted = number("numTargetRowsInserted"),
      let updated = number("numTargetRowsUpdated")
    else { return nil }
    self.init(inserted: inserted, updated: updated, leftOut: source - inserted - updated)
  }
}
