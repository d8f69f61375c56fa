import Foundation
import RunFiles

/// Measures what the stages of a shard cost alone, and how near the pipeline comes to what they allow.
struct ShardBench {
  /// All in seconds.
  struct Report: Equatable {
    let rows: Int
    /// Of the stages one after another on one thread.
    let read, assemble, infer, encode, write: Double
    /// Of the pipeline, from the first row to the receipt.
    let overlapped: Double
    /// From the start to the first row: plan, hashes, model, batch size.
    let start: Double
    let cores: Int
    let batches: [BatchTuner.Result]

    var alone: Double { read + assemble + infer + encode + write }
    /// No pipeline over these stages can be faster.
    var ceiling: Double { alone / Double(cores) }
    var shareOfCeiling: Double { ceiling / max(overlapped, 1e-9) }
  }

  let options: ShardRun.Options
  let notice: (String) -> Void

  /// Works in a directory of its own beside the run's, which is removed at the end.
  func run() throws(WorkerError) -> Report {
    let planned = ShardRun(options: options, notice: notice)
    let (plan, shard) = try planned.readPlan()
    let results = try planned.sweep()
    var options = options
    if options.batchSize == .auto { options.batchSize = .rows(BatchTuner.best(of: results).batchRows) }
    options.directory = RunDirectory("\(options.directory.root)/.bench-\(options.attempt)")
    let scratch = options.directory
    defer { try? FileManager.default.removeItem(atPath: scratch.root) }
    try reportingFiles { () throws(RunFileError) in
      try DurableFile.makeDirectory(scratch.shardDirectory(shard.index))
      try plan.write(to: scratch.plan)
    }
    let run = ShardRun(options: options, notice: notice)
    let clocks = try inTurn(run, plan, shard, options)
    let outcome = try run.run()
    guard case .done(let receipt, _) = outcome else { throw .software(reason: "the bench's shard was done before") }
    return Report(
      rows: shard.rows, read: clocks.read.seconds, assemble: clocks.assemble.seconds,
      infer: clocks.infer.seconds, encode: clocks.encode.seconds, write: clocks.write.seconds,
      overlapped: receipt.seconds.total - receipt.seconds.start, start: receipt.seconds.start,
      cores: ProcessInfo.processInfo.activeProcessorCount, batches: results)
  }

  /// Takes all rows through the stages on this thread alone.
  private func inTurn(
    _ run: ShardRun, _ plan: Plan, _ shard: Plan.Shard, _ options: ShardRun.Options
  ) throws(WorkerError) -> ShardPipeline.Clocks {
    let (context, models) = try run.load(plan, shard)
    let checkpoint = try run.firstCheckpoint(context, models)
    let session = ShardSession(
      context: context, options: options, models: models, begin: .now, notice: notice)
    let metrics = session.metrics(checkpoint.settings)
    let scorer = session.scorer(checkpoint.settings, metrics)
    let writer = try ShardWriter(
      context, maximumBadRows: options.maximumBadRows, progress: ProgressFile(path: nil, total: 0),
      metrics: metrics, from: checkpoint)
    let input = context.source.open()
    let rows = checkpoint.settings.batchRows
    for ordinal in writer.rowGroupsToDo {
      try input.read(ordinal: ordinal, batchRows: rows, clock: metrics.clocks.read) { slab throws(WorkerError) in
        let scored = try scorer.score(slab)
        try metrics.clocks.write.measure { () throws(WorkerError) in try writer.write(scored) }
        return true
      }
    }
    unlink(context.directory.checkpoint(shard.index))
    return metrics.clocks
  }
}
