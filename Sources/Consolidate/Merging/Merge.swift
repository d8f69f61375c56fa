import DeltaLog
import Foundation
import RunFiles
import Storage

/// Merges one run into a table, exactly once.
///
/// verify -> check -> write under temporary names -> rename -> commit -> checkpoint -> `_metadata` -> manifest ->
/// `_SUCCESS` -> notify. The commit is the only moment at which anything becomes visible. Every step can be repeated: a
/// merge that finds its batch in the table does what is missing behind the commit, and nothing else.
struct Merge {
  struct Options {
    var partition: [Batch.PartitionColumn] = []
    /// Columns of the parts that partition the rows further.
    var dataPartition: [String] = []
    var mode = MergeMode.append
    var generation = 1
    /// Compressed bytes a file, about.
    var targetFileBytes = 1 << 30
    var rate: BatchCost.Rate?
    var thresholds: Thresholds?
    var baseline = Baseline.Source.previous
    /// Who is told.
    var notify: [NotificationTarget] = []
  }

  let run: StagedRun
  let batch: Batch
  let options: Options
  let store: any TableStore
  let table: DeltaTable
  private let decision: TableDecision
  private let started = ContinuousClock.now

  /// How often a merge decides anew after another writer got in between. Each time, someone else has made progress.
  private static let maximumDecisions = 100

  init(run: StagedRun, store: any TableStore, options: Options) throws {
    self.run = run
    self.options = options
    self.store = store
    batch = try Batch(
      run, partition: options.partition, dataPartition: options.dataPartition, mode: options.mode,
      generation: options.generation)
    table = DeltaTable(in: store)
    decision = TableDecision(batch: batch, table: table)
  }

  /// Merges, or finishes what an earlier merge of the same batch began.
  func perform() throws -> MergeReport {
    store.removeAbandoned(in: batch.directory)
    let snapshot = try table.snapshot()
    if let settled = try decision.settled(snapshot) { return try finish(settled, .alreadyMerged) }
    // Before the work, so that a batch that cannot go in fails at once; again on what the table is at the commit.
    _ = try decision.proposal(on: snapshot, files: [], info: [:])
    let checked = try check(try run.verifyParts())
    Failpoint.validated.reach()
    return try commit(checked)
  }

  // MARK: Before the commit

  /// A batch that may go in.
  private struct CheckedBatch {
    let parts: [InspectedPart]
    let keys: (columns: KeyColumns, spill: KeySpill)?
    let profile: [String: ColumnProfile]
    let drift: [String: Drift]
    let baseline: Baseline?
    let checks: [CheckResult]
  }

  private func check(_ verified: [VerifiedPart]) throws -> CheckedBatch {
    Failpoint.verified.reach()
    let baseline = try Baseline.find(
      options.baseline, for: batch, modelVersion: run.plan.model.version, in: table)
    let unique = batch.mode.keyColumns.isEmpty ? options.thresholds?.unique ?? [] : batch.mode.keyColumns
    for column in unique where batch.schema[column] == nil { throw ConsolidateError.noKeyColumn(name: column) }
    let keys = unique.isEmpty ? nil : (columns: try KeyColumns(unique, batch), spill: try KeySpill(rows: run.rows))
    let parts = try run.inspect(
      verified, key: keys?.columns, into: keys?.spill, ranges: ranges(verified, baseline))
    var profile = BatchProfile(ranges: ranges(verified, baseline))
    for part in parts { profile.merge(part.profile) }
    let drift = profile.columns.reduce(into: [String: Drift]()) { drift, column in
      // Ids are other ones every day.
      guard column.key != run.columns.first?.name else { return }
      drift[column.key] = baseline?.columns[column.key].flatMap { Drift(column.value, against: $0) }
    }
    let duplicates = try keys?.spill.duplicates() ?? 0
    let checks = try self.checks(profile.columns, drift, baseline, unique, duplicates)
    // Which of two rows counts is not for a merge to guess.
    guard duplicates == 0 || batch.mode.keyColumns.isEmpty else {
      throw ConsolidateError.duplicateKeys(count: duplicates, columns: unique)
    }
    return CheckedBatch(
      parts: parts, keys: keys, profile: profile.columns, drift: drift, baseline: baseline, checks: checks)
  }

  private func ranges(_ verified: [VerifiedPart], _ baseline: Baseline?) -> [String: ClosedRange<Double>] {
    var bounds: [String: ClosedRange<Double>] = [:]
    for part in verified {
      bounds.merge(part.ranges) { min($0.lowerBound, $1.lowerBound)...max($0.upperBound, $1.upperBound) }
    }
    return bounds.mapValues(BatchProfile.range).merging(baseline?.ranges ?? [:]) { $1 }
  }

  private func checks(
    _ profile: [String: ColumnProfile], _ drift: [String: Drift], _ baseline: Baseline?, _ unique: [String],
    _ duplicates: Int
  ) throws -> [CheckResult] {
    guard let thresholds = options.thresholds else { return [] }
    var measures = BatchMeasures(
      rows: run.rows, deadLetters: run.deadLetters, profile: profile, drift: drift, baseline: baseline)
    if !thresholds.unique.isEmpty { measures.duplicates[unique.joined(separator: ", ")] = duplicates }
    let results = try measures.results(thresholds)
    let failed = results.filter { !$0.passed }
    guard failed.isEmpty else {
      throw ConsolidateError.thresholdsFailed(file: thresholds.file, checks: failed.map(\.text))
    }
    return results
  }

  // MARK: Files and commit

  /// What a merge wrote, and which files of the table that takes the place of.
  private struct Output {
    var files: [WrittenFile]
    var replaced: [AddedFile] = []
    var metrics: [String: Int] = [:]
  }

  private func commit(_ checked: CheckedBatch) throws -> MergeReport {
    var output: Output?
    for _ in 1...Self.maximumDecisions {
      let snapshot = try table.snapshot()
      if let settled = try decision.settled(snapshot) {
        removeUnreferenced(output?.files ?? [], snapshot)
        return try finish(settled, .alreadyMerged)
      }
      // A merge by key is written against one state of the table; anything else is the same for all.
      if batch.mode.name == .mergeByKey, let stale = output {
        removeUnreferenced(stale.files, snapshot)
        output = nil
      }
      let written = try output ?? write(checked, snapshot)
      output = written
      let proposal = try decision.proposal(
        on: snapshot, files: try written.files.map(added), replaced: written.replaced, info: info(written, checked))
      guard let version = try commit(proposal, on: snapshot) else { continue }
      Failpoint.committed.reach()
      return try finish(.init(version: version, actions: try table.actions(of: version)), .merged)
    }
    throw DeltaError.io(path: store.root, reason: "other writers changed the table faster than this merge could commit")
  }

  /// - Returns: nil when another writer changed what the proposal rests on.
  private func commit(_ proposal: CommitProposal, on snapshot: Snapshot?) throws(DeltaError) -> Int? {
    do throws(DeltaError) {
      return try table.commit(proposal, on: snapshot)
    } catch .conflict {
      return nil
    }
  }

  private func write(_ checked: CheckedBatch, _ snapshot: Snapshot?) throws -> Output {
    let staging = try store.staging(for: batch.directory)
    defer { staging.discard() }
    let output =
      switch batch.mode {
      case .mergeByKey(_, let updates): try mergeByKey(checked, snapshot, updates, staging)
      default: try writeAll(checked.parts, staging)
      }
    Failpoint.written.reach()
    // Equal names mean equal bytes: a rename over a file of an earlier try, or of a merge beside us, changes nothing.
    for (index, file) in output.files.enumerated() {
      try staging.publish(file.name)
      if index == 0 { Failpoint.publishing.reach() }
    }
    Failpoint.renamed.reach()
    return output
  }

  private func writeAll(_ parts: [InspectedPart], _ staging: any StagingArea) throws -> Output {
    let files = try write(parts, leftOut: nil, into: staging, suffix: suffix())
    let rows = files.reduce(0) { $0 + $1.file.rows }
    guard rows == run.rows else { throw ConsolidateError.rowsLost(expected: run.rows, found: rows) }
    return Output(files: files)
  }

  /// The batch's rows but for those at the positions `leftOut`.
  private func write(
    _ parts: [InspectedPart], leftOut: RowSet?, into staging: any StagingArea, suffix: String
  ) throws -> [WrittenFile] {
    guard batch.dataPartition.isEmpty else {
      return try router(parts, leftOut: leftOut).write(into: staging, suffix: suffix)
    }
    let layout = FileLayout(parts: parts.map(\.rowGroups), targetBytes: options.targetFileBytes)
    return try PartitionWriter(
      parts: parts, layout: layout, directory: batch.directory, partitionValues: batch.partitionValues,
      leftOut: leftOut
    ).write(into: staging, suffix: suffix)
  }

  private func mergeByKey(
    _ checked: CheckedBatch, _ snapshot: Snapshot?, _ updates: Bool, _ staging: any StagingArea
  ) throws -> Output {
    guard let keys = checked.keys else { throw ConsolidateError.keyIsPartition(columns: batch.mode.keyColumns) }
    let present = snapshot?.files(in: batch.partitionValues) ?? []
    let merge = try KeyMerge(keys.columns, keys: keys.spill, rows: run.rows, files: present, store: store)
    let suffix = suffix(present.map { "\($0.path) \($0.tag(FileTag.sha256) ?? "\($0.size)")" })
    var output = Output(
      files: try write(checked.parts, leftOut: updates ? nil : merge.inTable, into: staging, suffix: suffix))
    let matches = merge.inTable.count
    let expected = updates ? run.rows : run.rows - matches
    let rows = output.files.reduce(0) { $0 + $1.file.rows }
    guard rows == expected else { throw ConsolidateError.rowsLost(expected: expected, found: rows) }
    output.metrics = [
      "numTargetRowsInserted": run.rows - matches, "numTargetRowsUpdated": updates ? matches : 0,
      "numSourceRows": run.rows,
    ]
    guard updates else { return output }
    for (index, hit) in merge.hits.enumerated() {
      let name = "kept-\(String(format: "%05d", index))-\(suffix).parquet"
      if let kept = try rewrite(hit, without: merge.replaced, as: name, staging) { output.files.append(kept) }
      output.replaced.append(hit.file)
    }
    return output
  }

  /// Writes the rows of a file that the batch does not replace into a new one; nil when there are none.
  private func rewrite(
    _ hit: KeyMerge.Hit, without replaced: RowSet, as name: String, _ staging: any StagingArea
  ) throws -> WrittenFile? {
    let reader = try KeyMerge.reader(hit.file, store)
    var sources: [RowGroupSource] = []
    for (index, group) in reader.rowGroups.enumerated() {
      let first = sources.last?.rows.upperBound ?? hit.rows.lowerBound
      sources.append(.init(path: reader.path, rowGroup: index, rows: first..<first + group.rows))
    }
    let finished = try Reencoding(fields: reader.fields, leftOut: replaced)
      .write(sources, to: staging.location(of: name))
    guard finished?.rows ?? 0 == hit.kept else {
      throw ConsolidateError.rowsLost(expected: hit.kept, found: finished?.rows ?? 0)
    }
    return finished?.written(
      as: name, in: batch.directory, hit.file.partitionValues, inheritedTags: hit.file.tags ?? [:])
  }

  private func router(_ parts: [InspectedPart], leftOut: RowSet?) -> RowRouter {
    let names = batch.fileColumns(run.columns.map(\.name))
    return RowRouter(
      sources: parts.flatMap(\.sources), partition: PartitionValues(columns: batch.dataPartition),
      fields: (parts.first?.fields ?? []).filter { names.contains($0.name) }, staticValues: batch.partitionValues,
      directory: batch.directory, targetFileBytes: options.targetFileBytes, leftOut: leftOut)
  }

  /// Everything that decides a file's bytes goes into its name: no two contents share one.
  private func suffix(_ base: [String] = []) -> String {
    let inputs = [batch.contentDigest, String(batch.generation), String(options.targetFileBytes), Release.version]
    return String(FileDigest.sha256(of: (inputs + base).joined(separator: " ")).prefix(12))
  }

  /// Takes away the files of a merge that lost the race, unless the winner's have the same names and bytes.
  private func removeUnreferenced(_ files: [WrittenFile], _ snapshot: Snapshot?) {
    let referenced = Set((snapshot?.files ?? []).map { PercentEncoding.decode($0.path) })
    for file in files where !referenced.contains(file.file.path) { try? store.remove(file.file.path) }
  }

  private func added(_ written: WrittenFile) throws -> AddedFile {
    let modified = try store.info(written.file.path)?.modified ?? 0
    let own: [String: String?] = [
      FileTag.batch: batch.name, FileTag.appId: batch.appId, FileTag.runId: run.id,
      FileTag.contentDigest: batch.contentDigest, FileTag.directory: batch.directory,
    ]
    var tags = written.inheritedTags ?? own
    tags.updateValue(written.file.sha256, forKey: FileTag.sha256)
    return AddedFile(
      path: PercentEncoding.encode(path: written.file.path), partitionValues: written.partitionValues,
      size: written.file.bytes, modificationTime: modified, stats: written.statistics.json, tags: tags)
  }

  private func info(_ output: Output, _ checked: CheckedBatch) throws -> [String: JSONValue] {
    let milliseconds = Int((ContinuousClock.now - started) / .milliseconds(1))
    let metrics = output.metrics.merging([
      "numFiles": output.files.count, "numOutputRows": output.files.reduce(0) { $0 + $1.file.rows },
      "numOutputBytes": output.files.reduce(0) { $0 + $1.file.bytes }, "executionTimeMs": milliseconds,
    ]) { $1 }
    var info: [String: JSONValue] = [
      "engineInfo": .string(Release.name), "runId": .string(run.id), "batch": .string(batch.name),
      "generation": .whole(batch.generation), "contentDigest": .string(batch.contentDigest),
      "planDigest": .string(run.plan.digest), "modelVersion": .string(run.plan.model.version),
      "mode": .string(batch.mode.name.rawValue), "profile": try .encoding(checked.profile),
      "drift": try .encoding(checked.drift), "checks": try .encoding(checked.checks),
      "operationMetrics": .object(metrics.mapValues { .string(String($0)) }),
    ]
    if let baseline = checked.baseline {
      info["baseline"] = .string(baseline.batch)
      info["baselineProfile"] = try .encoding(baseline.columns)
    }
    return info
  }

  // MARK: Behind the commit

  /// The steps behind the commit, each of which is skipped when it was done before.
  private func finish(_ settled: TableDecision.Settled, _ outcome: MergeReport.Outcome) throws -> MergeReport {
    try table.checkpointIfDue(at: settled.version)
    Failpoint.checkpointed.reach()
    let summary = BatchSummary(run: run, batch: batch, rate: options.rate, store: store, table: table)
    let manifest = try summary.complete(settled)
    Failpoint.marked.reach()
    if !options.notify.isEmpty {
      let outbox = Outbox(store: store)
      try outbox.queue(
        BatchMessage(manifest, runId: run.id, directory: batch.directory, root: store.root), to: options.notify)
      Failpoint.queued.reach()
      try outbox.deliver()
    }
    return MergeReport(outcome: outcome, table: store.root, manifest: manifest, shards: run.receipts.count)
  }
}

extension StagedRun {
  /// The plan's label `run_id`, else the plan's digest.
  var id: String { plan.run["run_id"] ?? plan.digest }
}
