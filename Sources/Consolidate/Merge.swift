import DeltaLog
import Foundation
import RunFiles
import Storage

/// Merges one run into a table, exactly once.
///
/// verify -> write under temporary names -> rename -> commit -> `_metadata` -> manifest. The commit is the only moment
/// at which anything becomes visible. Every step can be repeated: a merge that finds its batch in the table does what
/// is missing behind the commit, and nothing else.
struct Merge {
  struct Options {
    var partition: [Batch.PartitionColumn] = []
    var generation = 1
    /// Compressed bytes a file, about.
    var targetFileBytes = 1 << 30
    var rate: BatchCost.Rate?
  }

  let run: StagedRun
  let batch: Batch
  let options: Options
  /// The table's directory.
  let tablePath: String
  let table: DeltaTable
  private let started = ContinuousClock.now

  /// How often a merge decides anew after another writer got in between. Each time, someone else has made progress.
  private static let maximumDecisions = 100

  init(run: StagedRun, tablePath: String, options: Options) throws {
    self.run = run
    self.options = options
    self.tablePath = RunDirectory(tablePath).root
    batch = try Batch(run, partition: options.partition, generation: options.generation)
    table = DeltaTable(store: LocalLogStore(table: self.tablePath))
  }

  /// Merges, or finishes what an earlier merge of the same batch began.
  func perform() throws -> MergeReport {
    StagingDirectory.removeAbandoned(in: directory)
    let snapshot = try table.snapshot()
    let decision = TableDecision(batch: batch, table: table)
    if let version = try decision.settledVersion(snapshot) { return try finish(version, .alreadyMerged) }
    // Before the work, so that a batch that cannot go in fails at once; again on what the table is at the commit.
    _ = try decision.proposal(on: snapshot, files: [], info: [:])
    let parts = try run.verifyParts()
    Failpoint.verified.reach()
    let files = try writeFiles(parts)
    return try commit(files, decision)
  }

  var directory: String { "\(tablePath)/\(batch.directory)" }

  private func writeFiles(_ parts: [[ParquetReader.RowGroup]]) throws -> [PartitionWriter.Written] {
    try DurableFile.makeDirectory(directory)
    let staging = try StagingDirectory(in: directory)
    defer { staging.remove() }
    let writer = PartitionWriter(
      parts: run.parts.map { run.directory.absolute($0.part.path) },
      layout: FileLayout(parts: parts, targetBytes: options.targetFileBytes))
    let files = try writer.write(into: staging.path, suffix: fileSuffix, prefix: batch.directory)
    let rows = files.reduce(0) { $0 + $1.file.rows }
    guard rows == run.rows else { throw ConsolidateError.rowsLost(expected: run.rows, found: rows) }
    Failpoint.written.reach()
    // Equal names mean equal bytes: a rename over a file of an earlier try, or of a merge beside us, changes nothing.
    for file in files {
      try DurableFile.publish("\(staging.path)/\(file.name)", as: "\(directory)/\(file.name)")
    }
    Failpoint.renamed.reach()
    return files
  }

  /// Everything that decides a file's bytes goes into its name: no two contents share one.
  private var fileSuffix: String {
    let inputs = [batch.contentDigest, String(batch.generation), String(options.targetFileBytes), Release.version]
    return String(FileDigest.sha256(of: inputs.joined(separator: " ")).prefix(12))
  }

  private func commit(_ files: [PartitionWriter.Written], _ decision: TableDecision) throws -> MergeReport {
    for _ in 1...Self.maximumDecisions {
      let snapshot = try table.snapshot()
      if let version = try decision.settledVersion(snapshot) {
        removeUnreferenced(files, snapshot)
        return try finish(version, .alreadyMerged)
      }
      let proposal = try decision.proposal(on: snapshot, files: try files.map(added), info: info(files))
      guard let version = try commit(proposal, on: snapshot) else { continue }
      Failpoint.committed.reach()
      return try finish(version, .merged)
    }
    throw DeltaError.io(path: tablePath, reason: "other writers changed the table faster than this merge could commit")
  }

  /// - Returns: nil when another writer changed what the proposal rests on.
  private func commit(_ proposal: CommitProposal, on snapshot: Snapshot?) throws(DeltaError) -> Int? {
    do throws(DeltaError) {
      return try table.commit(proposal, on: snapshot)
    } catch .conflict {
      return nil
    }
  }

  /// Takes away the files of a merge that lost the race, unless the winner's have the same names and bytes.
  private func removeUnreferenced(_ files: [PartitionWriter.Written], _ snapshot: Snapshot?) {
    let referenced = Set((snapshot?.files ?? []).map { PercentEncoding.decode($0.path) })
    for file in files where !referenced.contains(file.file.path) {
      try? FileManager.default.removeItem(atPath: "\(tablePath)/\(file.file.path)")
    }
  }

  private func added(_ written: PartitionWriter.Written) throws -> AddedFile {
    AddedFile(
      path: PercentEncoding.encode(path: written.file.path), partitionValues: batch.partitionValues,
      size: written.file.bytes, modificationTime: LocalFile.modificationTime("\(tablePath)/\(written.file.path)"),
      stats: written.statistics.json,
      tags: [FileTag.batch: batch.name, FileTag.appId: batch.appId, FileTag.sha256: written.file.sha256])
  }

  private func info(_ files: [PartitionWriter.Written]) -> [String: JSONValue] {
    let milliseconds = Int((ContinuousClock.now - started) / .milliseconds(1))
    return [
      "engineInfo": .string(Release.name), "runId": .string(run.plan.run["run_id"] ?? run.plan.digest),
      "batch": .string(batch.name), "generation": .whole(batch.generation),
      "contentDigest": .string(batch.contentDigest), "planDigest": .string(run.plan.digest),
      "operationMetrics": .object([
        "numFiles": .string(String(files.count)), "numOutputRows": .string(String(run.rows)),
        "numOutputBytes": .string(String(files.reduce(0) { $0 + $1.file.bytes })),
        "executionTimeMs": .string(String(milliseconds)),
      ]),
    ]
  }

  /// The steps behind the commit, each of which is skipped when it was done before.
  private func finish(_ version: Int, _ outcome: MergeReport.Outcome) throws -> MergeReport {
    let summary = BatchSummary(run: run, batch: batch, rate: options.rate, tablePath: tablePath)
    let manifest = try summary.complete(version: version, actions: try table.actions(of: version))
    Failpoint.manifested.reach()
    return MergeReport(outcome: outcome, table: tablePath, manifest: manifest, shards: run.receipts.count)
  }
}
