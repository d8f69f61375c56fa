import Foundation
import RunFiles
import Storage

/// What a shard's stages have in common.
struct ShardContext {
  let directory: RunDirectory
  let plan: Plan
  let shard: Plan.Shard
  let description: ModelDescription
  let attempt: String

  var source: ShardInputSource {
    ShardInputSource(plan: plan, shard: shard, description: description)
  }
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
    var maximumBadRows = 0
    /// Rows a part, if it is not to be found from `checkpointSeconds`.
    var checkpointRows: Int?
    var checkpointSeconds = 5.0
    var device = "cpu"
    var attempt: String
    var progressPath: String?
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
    let model = try ModelDirectory(path: plan.model.path, expected: plan.model.sha256)
    let weights = try model.weights(
      options.modelFile, device: options.device, runtime: TorchModel.runtime, notice: notice)
    let context = ShardContext(
      directory: options.directory, plan: plan, shard: shard, description: model.description,
      attempt: options.attempt)
    TorchModel.setThreads(options.threads)
    let torch = try TorchModel(weights, device: options.device)
    let checkpoint = try checkpoint(context, weights, torch, startedAt)
    let session = ShardSession(
      context: context, options: options, weights: weights, model: torch, begin: begin)
    return try session.run(from: checkpoint)
  }

  private func readPlan() throws(WorkerError) -> (Plan, Plan.Shard) {
    let path = options.directory.plan
    let plan = try reportingFiles { () throws(RunFileError) in try Plan(readingFrom: path) }
    guard let shard = plan.shards.first(where: { $0.index == options.shard }) else {
      throw .unknownShard(options.shard, count: plan.shards.count, path: path)
    }
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
    _ context: ShardContext, _ weights: ModelDirectory.Weights, _ model: TorchModel,
    _ startedAt: String
  ) throws(WorkerError) -> Checkpoint {
    let reader = CheckpointReader(
      directory: context.directory, plan: context.plan, shard: context.shard.index)
    var settings = Checkpoint.Settings(
      modelSHA256: weights.file.sha256, modelKind: weights.file.kind.rawValue,
      torch: TorchModel.runtime.version, cpuCapability: TorchModel.runtime.cpuCapability,
      device: options.device, threads: options.threads, batchRows: 0, partRows: 0)
    let earlier = try reader.usable({ difference($0, from: settings) }, notice: notice)
    let tuner = try BatchTuner(model, context.source, rowGroup: earlier?.nextRowGroup ?? 0)
    if let earlier {
      _ = try tuner.measure(earlier.settings.batchRows)
      notice("resuming after \(earlier.rowsIn) of \(context.shard.rows) rows")
      return earlier
    }
    let tuned = try tune(tuner, context.shard, limit: weights.file.maxBatchRows)
    settings.batchRows = tuned.batchRows
    settings.partRows = options.checkpointRows ?? partRows(tuned.rowsPerSecond)
    return Checkpoint(
      planDigest: context.plan.digest, shard: context.shard.index, settings: settings,
      startedAt: startedAt)
  }

  private func tune(
    _ tuner: BatchTuner, _ shard: Plan.Shard, limit: Int?
  ) throws(WorkerError) -> BatchTuner.Result {
    switch options.batchSize {
    case .auto:
      let longest = shard.rowGroups.map(\.rows).max() ?? 1
      return try tuner.tune(limit: min(limit ?? .max, longest))
    case .rows(let rows):
      if let limit, rows > limit {
        throw .usage(
          "--batch-size \(rows) is more than the \(limit) rows that the model was compiled for",
          hint: "use --batch-size \(limit) or less, or --model-file pt")
      }
      return try tuner.measure(rows)
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
