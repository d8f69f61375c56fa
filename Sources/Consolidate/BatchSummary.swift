import DeltaLog
import Foundation
import RunFiles
import Storage

/// The files that describe a committed batch: `_metadata` and the manifest.
struct BatchSummary {
  let run: StagedRun
  let batch: Batch
  let rate: BatchCost.Rate?
  let tablePath: String

  /// Writes what is missing. What the manifest says comes from the commit and the receipts, so it does not matter
  /// which merge writes it.
  func complete(version: Int, actions: [Action]) throws -> BatchManifest {
    let path = "\(tablePath)/\(batch.directory)/\(BatchManifest.fileName)"
    if let present = try? BatchManifest(readingFrom: path), describes(present, version) { return present }
    let files = try actions.compactMap { action in
      if case .add(let file) = action { try tableFile(file) } else { nil }
    }
    try writeMetadata(files)
    Failpoint.summarized.reach()
    let manifest = try self.manifest(version, files, actions)
    try manifest.write(to: path)
    removeSummaries(of: actions)
    return manifest
  }

  /// A price that was not known when the manifest was written makes it incomplete.
  private func describes(_ manifest: BatchManifest, _ version: Int) -> Bool {
    let cost = rate.map { BatchCost($0, wallSeconds: manifest.timings.wallSeconds, rows: manifest.recordCount) }
    return manifest.tableVersion == version && manifest.contentDigest == batch.contentDigest
      && (cost == nil || manifest.cost == cost)
  }

  /// Files that this commit removed may have lain in another directory, under an earlier schema version. What
  /// describes them there is no longer true.
  private func removeSummaries(of actions: [Action]) {
    for case .remove(let file) in actions {
      let path = PercentEncoding.decode(file.path)
      guard let slash = path.lastIndex(of: "/"), path[..<slash] != batch.directory else { continue }
      for name in ["_metadata", BatchManifest.fileName] {
        try? FileManager.default.removeItem(atPath: "\(tablePath)/\(path[..<slash])/\(name)")
      }
    }
  }

  private func tableFile(_ file: AddedFile) throws -> TableFile {
    let path = PercentEncoding.decode(file.path)
    let full = "\(tablePath)/\(path)"
    let sha256 = try FileDigest.sha256(ofFile: full)
    guard sha256 == file.tag(FileTag.sha256), let rows = file.numRecords else {
      throw DeltaError.corrupt(file: full, reason: "it is not the file that was committed: its SHA-256 is \(sha256)")
    }
    return TableFile(path: path, rows: rows, bytes: file.size, sha256: sha256)
  }

  /// `_metadata`: all row groups of the batch in one footer, named relative to its directory.
  private func writeMetadata(_ files: [TableFile]) throws {
    guard !files.isEmpty else { return }
    let target = "\(tablePath)/\(batch.directory)/_metadata"
    let temporary = DurableFile.temporaryPath(for: target)
    let sources = files.map { file in
      (path: "\(tablePath)/\(file.path)", name: String(file.path.dropFirst(batch.directory.count + 1)))
    }
    try ParquetWriter.writeMetadata(of: sources, to: temporary)
    try DurableFile.publish(temporary, as: target)
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
    return BatchManifest(
      recordCount: run.rows, timestamp: CalendarText.timestamp(millis: info?.timestamp ?? 0),
      batch: batch.name, appId: batch.appId, generation: batch.generation, tableVersion: version,
      partition: Dictionary(uniqueKeysWithValues: batch.partition.map { ($0.name, $0.value) }),
      files: files, deadLetters: run.deadLetters, schemaVersion: batch.schemaVersion, schema: run.columns,
      model: model, contentDigest: batch.contentDigest, inputDigest: run.inputDigest,
      planDigest: run.plan.digest, timings: timings,
      cost: rate.map { BatchCost($0, wallSeconds: timings.wallSeconds, rows: run.rows) },
      createdBy: Release.name)
  }
}
