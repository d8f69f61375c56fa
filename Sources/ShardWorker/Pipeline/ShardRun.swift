import Foundation
import RunFiles
import Storage

/// What a shard's stages have in common.
struct ShardContext {
  let directory: RunDirectory
  let plan: Plan
  let shard: Plan.Shard
  /// One at least; all have the same id.
  let models: [ModelDescription]
  let attempt: String

  var source: ShardInputSource {
    ShardInputSource(plan: plan, shard: shard, models: models)
  }

  var idColumn: String { models.first?.idColumn ?? "" }

  /// The outputs of all models, as columns of the parts.
  var outputs: [ModelDescription.Output] { models.flatMap(\.outputs) }
}

/// A model whose weights are loaded.
struct LoadedModel {
  let description: ModelDescription
  let weights: ModelDirectory.Weights
  let torch: TorchModel
}

/// Runs one shard of a plan from its first row, or from an earlier attempt's checkpoint, to its receipt.
struct ShardRun {
  /// The flags of `ShardWorker run`.
  struct Options {
    /// How many rows a batch has.
    enum BatchSize: Equatable {
      case auto
      case rows(Int)
    }

    var directory: RunDirectory
    var shard: Int
    var batchSize = BatchSize.auto
    var modelFile = ModelDirectory.Choice.auto
    var threads = 1
    /// Batches that the model runs side by side. It does not decide any bits.
    var workers = 1
    /// How much may be read ahead of the model.
    var queueBytes = 64 << 20
    var maximumBadRows = 0
    /// Rows a part, if it is not to be found from `checkpointSeconds`.
    var checkpointRows: Int?
    var checkpointSeconds = 5.0
    var device = "cpu"
    var attempt: String
    var progressPath: String?
    /// A file that is kept up to date with the metrics, if any.
    var metricsPath: String?
    /// A port on which Prometheus finds the metrics, if any; 0 for any free one.
    var metricsPort: UInt16?
    /// Whether a terminal shows how far the shard is.
    var showsBar = false
    /// Where batch sizes that were found are kept, if anywhere.
    var tuningCache: String?
    /// What is watched while the shard runs, if anything.
    var drift: DriftOptions?
    /// The label `job_id` of the metrics, if it is not the plan's digest and the shard.
    var jobID: String?
  }

  /// How a run ended.
  enum Outcome: Equatable {
    /// The receipt was there already.
    case alreadyDone(Receipt)
    case done(Receipt, halvings: Int)
  }

  /// The most rows of a part when its size is found from the speed.
  private static let largestPart = 1 << 19

  let options: Options
  /// Told what a person may want to know, one line a call.
  let notice: (String) -> Void

  func run() throws(WorkerError) -> Outcome {
    let begin = ContinuousClock.now
    let startedAt = Date.now.ISO8601Format()
    let (plan, shard) = try readPlan()
    if let receipt = try receipt(for: plan) { return .alreadyDone(receipt) }
    try reportingFiles { () throws(RunFileError) in
      try DurableFile.makeDirectory(options.directory.shardDirectory(shard.index))
    }
    Failpoint.shardBegun.pass()
    let (context, models) = try load(plan, shard)
    Failpoint.modelLoaded.pass()
    let checkpoint = try checkpoint(context, models, startedAt)
    let session = ShardSession(
      context: context, options: options, models: models, begin: begin, notice: notice)
    return try session.run(from: checkpoint)
  }

  /// Measures the model at several batch sizes, and keeps the best if there is a cache. Scores nothing.
  func sweep() throws(WorkerError) -> [BatchTuner.Result] {
    let (plan, shard) = try readPlan()
    let (context, models) = try load(plan, shard)
    let tuner = try BatchTuner(models, context.source, rowGroup: 0)
    let results = try tuner.sweep(limit: limit(models, shard))
    try keep(BatchTuner.best(of: results), settings(models))
    return results
  }

  /// Loads the models that a plan names, once their hashes are checked.
  func load(
    _ plan: Plan, _ shard: Plan.Shard
  ) throws(WorkerError) -> (ShardContext, [LoadedModel]) {
    TorchModel.setThreads(options.threads)
    let models = try plan.models.map { (named) throws(WorkerError) in
      let model = try ModelDirectory(path: named.path, expected: named.sha256)
      let weights = try model.weights(
        options.modelFile, device: options.device, runtime: TorchModel.runtime, notice: notice)
      let torch = try TorchModel(weights, device: options.device, workers: options.workers)
      return LoadedModel(description: model.description, weights: weights, torch: torch)
    }
    let context = ShardContext(
      directory: options.directory, plan: plan, shard: shard, models: models.map(\.description),
      attempt: options.attempt)
    return (context, models)
  }

  func readPlan() throws(WorkerError) -> (Plan, Plan.Shard) {
    let path = options.directory.plan
    let plan = try reportingFiles { () throws(RunFileError) in try Plan(readingFrom: path) }
    guard let shard = plan.shards.first(where: { $0.index == options.shard }) else {
      throw .unknownShard(options.shard, count: plan.shards.count, path: path)
    }
    if plan.input.root.hasPrefix("s3://") { try S3Settings.apply() }
    return (plan, shard)
  }

  /// The receipt of an earlier attempt for the same plan, if its parts are there. Another plan's
  /// receipt is removed: its parts are not this shard's result.
  private func receipt(for plan: Plan) throws(WorkerError) -> Receipt? {
    let path = options.directory.receipt(options.shard)
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    if let receipt = try? Receipt(readingFrom: path), receipt.planDigest == plan.digest,
      receipt.parts.allSatisfy(isThere)
    {
      return receipt
    }
    notice("\(path) does not belong to this plan, or its parts are gone; it is replaced")
    unlink(path)
    return nil
  }

  private func isThere(_ part: Part) -> Bool {
    (try? FileDigest.bytes(ofFile: options.directory.absolute(part.path))) == part.bytes
  }

  // MARK: Settings

  /// An earlier attempt's checkpoint, or a new one with the settings that this shard keeps to.
  private func checkpoint(
    _ context: ShardContext, _ models: [LoadedModel], _ startedAt: String
  ) throws(WorkerError) -> Checkpoint {
    let reader = CheckpointReader(
      directory: context.directory, plan: context.plan, shard: context.shard.index)
    let settings = settings(models)
    let earlier = try reader.usable({ difference($0, from: settings) }, notice: notice)
    let tuner = try BatchTuner(models, context.source, rowGroup: earlier?.nextRowGroup ?? 0)
    if let earlier {
      _ = try tuner.measure(earlier.settings.batchRows)
      notice("resuming after \(earlier.rowsIn) of \(context.shard.rows) rows")
      return earlier
    }
    return try newCheckpoint(context, models, tuner, startedAt: startedAt)
  }

  /// A checkpoint before the first row, with a batch size of its own.
  func firstCheckpoint(_ context: ShardContext, _ models: [LoadedModel]) throws(WorkerError) -> Checkpoint {
    let tuner = try BatchTuner(models, context.source, rowGroup: 0)
    return try newCheckpoint(context, models, tuner, startedAt: Date.now.ISO8601Format())
  }

  private func newCheckpoint(
    _ context: ShardContext, _ models: [LoadedModel], _ tuner: BatchTuner, startedAt: String
  ) throws(WorkerError) -> Checkpoint {
    var settings = settings(models)
    let tuned = try tune(tuner, context.shard, models, settings)
    settings.batchRows = tuned.batchRows
    settings.partRows = options.checkpointRows ?? partRows(tuned.rowsPerSecond)
    return Checkpoint(
      planDigest: context.plan.digest, shard: context.shard.index, settings: settings,
      startedAt: startedAt)
  }

  /// What decides the output's bytes, before the sizes of batches and parts are known.
  private func settings(_ models: [LoadedModel]) -> Checkpoint.Settings {
    let files = models.map(\.weights.file)
    let digests = files.map(\.sha256).joined(separator: "\n")
    return Checkpoint.Settings(
      modelSHA256: files.count == 1 ? digests : FileDigest.sha256(of: digests),
      modelKind: files.map(\.kind.rawValue).joined(separator: ","),
      torch: TorchModel.runtime.version, cpuCapability: TorchModel.runtime.cpuCapability,
      device: options.device, threads: options.threads, batchRows: 0, partRows: 0)
  }

  /// The most rows of a batch that make sense.
  private func limit(_ models: [LoadedModel], _ shard: Plan.Shard) -> Int {
    min(models.compactMap(\.weights.file.maxBatchRows).min() ?? .max, shard.rowGroups.map(\.rows).max() ?? 1)
  }

  private func tune(
    _ tuner: BatchTuner, _ shard: Plan.Shard, _ models: [LoadedModel],
    _ settings: Checkpoint.Settings
  ) throws(WorkerError) -> BatchTuner.Result {
    switch options.batchSize {
    case .auto:
      let limit = limit(models, shard)
      let cache = options.tuningCache.map { TuningCache(directory: $0) }
      if let kept = cache?.result(for: settings, limit: limit) {
        _ = try tuner.measure(kept.batchRows)
        return kept
      }
      let best = BatchTuner.best(of: try tuner.sweep(limit: limit))
      try keep(best, settings)
      return best
    case .rows(let rows):
      if let most = models.compactMap(\.weights.file.maxBatchRows).min(), rows > most {
        throw .usage(
          "--batch-size \(rows) is more than the \(most) rows that the model was compiled for",
          hint: "use --batch-size \(most) or less, or --model-file pt")
      }
      return try tuner.measure(rows)
    }
  }

  private func keep(
    _ result: BatchTuner.Result, _ settings: Checkpoint.Settings
  ) throws(WorkerError) {
    guard let directory = options.tuningCache else { return }
    try reportingFiles { () throws(RunFileError) in
      try TuningCache(directory: directory).keep(result, for: settings)
    }
  }

  /// A power of two, so that small differences in speed do not change where parts end.
  private func partRows(_ rowsPerSecond: Double) -> Int {
    let wanted = min(rowsPerSecond * options.checkpointSeconds, Double(Self.largestPart))
    var rows = Self.largestPart
    while rows > 1, Double(rows) > wanted { rows /= 2 }
    return rows
  }

  private func difference(
    _ earlier: Checkpoint.Settings, from current: Checkpoint.Settings
  ) -> String? {
    var expected = current
    expected.batchRows = earlier.batchRows
    expected.partRows = options.checkpointRows ?? earlier.partRows
    if case .rows(let rows) = options.batchSize { expected.batchRows = rows }
    return earlier == expected ? nil : "model, torch, machine or flags are others than they were"
  }
}

extension Checkpoint {
  /// The row group that comes next, or the last one when all are done.
  fileprivate var nextRowGroup: Int { max(rowGroupsDone - 1, 0) }
}
