import Foundation
import RunFiles
import Storage

/// One attempt at a shard, once its model is loaded and its settings are fixed.
struct ShardSession {
  let context: ShardContext
  let options: ShardRun.Options
  let weights: ModelDirectory.Weights
  let model: TorchModel
  let begin: ContinuousClock.Instant

  /// Passes the rows that are left through the pipeline, and writes the receipt.
  func run(from checkpoint: Checkpoint) throws(WorkerError) -> ShardRun.Outcome {
    let encoder = OutputEncoder(context.description.outputs)
    let metrics = metrics(checkpoint.settings)
    let scorers = (0..<options.workers).map { _ in scorer(encoder, checkpoint.settings, metrics) }
    let pipeline = ShardPipeline(
      context.source, scorers, batchRows: checkpoint.settings.batchRows,
      queueBytes: options.queueBytes, clocks: metrics.clocks)
    metrics.started(earlierRows: checkpoint.rowsIn) { pipeline.queuedBytes }
    let file = options.metricsPath.map { MetricsFile($0, metrics) }
    defer { file?.close() }
    let writer = try ShardWriter(
      context, encoder: encoder, maximumBadRows: options.maximumBadRows,
      progress: ProgressFile(path: options.progressPath, total: context.shard.rows),
      metrics: metrics, from: checkpoint)
    // Before the first batch: what decides the output's bytes must outlive this attempt.
    try writer.save()
    let start = (ContinuousClock.now - begin).seconds
    try pipeline.run(writer.rowGroupsToDo) { slab throws(WorkerError) in try writer.write(slab) }
    let receipt = receipt(writer.checkpoint, encoder, metrics.clocks, start: start)
    Failpoint.beforeReceipt.pass()
    let outcome = try publish(receipt, halvings: scorers.reduce(0) { $0 + $1.halvings })
    metrics.finished()
    return outcome
  }

  private func metrics(_ settings: Checkpoint.Settings) -> ShardMetrics {
    let job = "\(context.plan.digest.prefix(12))-\(context.shard.index)"
    return ShardMetrics(
      jobID: options.jobID ?? job, modelVersion: context.description.version,
      totalRows: context.shard.rows, batchRows: settings.batchRows)
  }

  private func scorer(
    _ encoder: OutputEncoder, _ settings: Checkpoint.Settings, _ metrics: ShardMetrics
  ) -> SlabScorer {
    SlabScorer(
      FeatureAssembler(context.description), Inference(model, encoder, metrics.durations), encoder,
      batchRows: settings.batchRows, clocks: metrics.clocks)
  }

  /// Of attempts that finish side by side, the first one's receipt stands.
  private func publish(
    _ receipt: Receipt, halvings: Int
  ) throws(WorkerError) -> ShardRun.Outcome {
    let path = context.directory.receipt(context.shard.index)
    let (isOurs, standing) = try reportingFiles { () throws(RunFileError) in
      if try receipt.create(at: path) { return (true, receipt) }
      return (false, try Receipt(readingFrom: path))
    }
    guard !isOurs else { return .done(receipt, halvings: halvings) }
    removeFiles(of: receipt, notIn: standing)
    return .alreadyDone(standing)
  }

  private func removeFiles(of receipt: Receipt, notIn standing: Receipt) {
    let needed = Set(standing.parts.map(\.path) + [standing.deadLetters.path ?? ""])
    let own = receipt.parts.map(\.path) + [receipt.deadLetters.path ?? ""]
    for path in own where path.contains(context.attempt) && !needed.contains(path) {
      unlink(context.directory.absolute(path))
    }
  }

  private func receipt(
    _ checkpoint: Checkpoint, _ encoder: OutputEncoder, _ clocks: ShardPipeline.Clocks,
    start: Double
  ) -> Receipt {
    let usage = ResourceUsage.ofThisProcess
    let ids = OutputField(name: context.description.idColumn, type: idType, nullable: false)
    return Receipt(
      planDigest: context.plan.digest, shard: context.shard.index, rowsIn: checkpoint.rowsIn,
      rowsOut: checkpoint.parts.reduce(0) { $0 + $1.rows }, deadLetters: checkpoint.deadLetters,
      parts: checkpoint.parts, schema: [ids] + encoder.fields.map(OutputField.init),
      model: Receipt.Model(
        name: context.description.name, version: context.description.version,
        sha256: weights.file.sha256, kind: weights.file.kind.rawValue),
      batchRows: checkpoint.settings.batchRows, threads: checkpoint.settings.threads,
      attempt: context.attempt,
      seconds: Receipt.Seconds(
        total: (ContinuousClock.now - begin).seconds, start: start, read: clocks.read.seconds,
        assemble: clocks.assemble.seconds, infer: clocks.infer.seconds,
        write: clocks.encode.seconds + clocks.write.seconds),
      cpuSeconds: usage.cpuSeconds, maxRSSBytes: usage.maxRSSBytes,
      startedAt: checkpoint.startedAt, finishedAt: Date.now.ISO8601Format())
  }

  /// The type of the id column as it is written.
  private var idType: String {
    let file = context.shard.rowGroups.first.map { context.plan.input.files[$0.file].path } ?? ""
    let reader = try? ParquetReader(path: "\(context.plan.input.root)/\(file)")
    let field = reader?.fields.first { $0.name == context.description.idColumn }
    return field?.type.name ?? ColumnType.string.name
  }
}

extension OutputField {
  fileprivate init(_ field: Field) {
    self.init(name: field.name, type: field.type.name, nullable: field.nullable)
  }
}

/// What the process has used so far.
struct ResourceUsage {
  let cpuSeconds: Double
  let maxRSSBytes: Int

  static var ofThisProcess: ResourceUsage {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) * 1e-6 }
    return ResourceUsage(
      cpuSeconds: seconds(usage.ru_utime) + seconds(usage.ru_stime),
      maxRSSBytes: ResidentMemory.peakBytes)
  }
}
