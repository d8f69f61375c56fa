import Foundation
import RunFiles
import Storage

/// One attempt at a shard, once its model is loaded and its settings are fixed.
struct ShardSession {
  let context: ShardContext
  let options: ShardRun.Options
  let models: [LoadedModel]
  let begin: ContinuousClock.Instant
  let notice: (String) -> Void

  /// Passes the rows that are left through the pipeline, and writes the receipt.
  func run(from checkpoint: Checkpoint) throws(WorkerError) -> ShardRun.Outcome {
    let metrics = metrics(checkpoint.settings)
    let scorers = (0..<options.workers).map { _ in scorer(checkpoint.settings, metrics) }
    let pipeline = ShardPipeline(
      context.source, scorers, batchRows: checkpoint.settings.batchRows,
      queueBytes: options.queueBytes, clocks: metrics.clocks)
    metrics.started(earlierRows: checkpoint.rowsIn) { pipeline.queuedBytes }
    let views = try views(of: metrics)
    defer { views.close() }
    let watch = try options.drift?.watch()
    let writer = try ShardWriter(
      context, maximumBadRows: options.maximumBadRows,
      progress: ProgressFile(path: options.progressPath, total: context.shard.rows),
      metrics: metrics, from: checkpoint)
    // Before the first batch: what decides the output's bytes must outlive this attempt.
    try writer.save()
    Failpoint.settingsFixed.pass()
    let start = (ContinuousClock.now - begin).seconds
    let columns = ShardInput.columnNames(context.models)
    try pipeline.run(writer.rowGroupsToDo) { slab throws(WorkerError) in
      if let watch { try heed(watch.observe(slab, inputs: columns), metrics, watch) }
      try writer.write(slab)
    }
    if let watch { try finish(watch, metrics) }
    let receipt = receipt(writer.checkpoint, metrics.clocks, start: start)
    Failpoint.beforeReceipt.pass()
    let outcome = try publish(receipt, halvings: scorers.reduce(0) { $0 + $1.halvings })
    Failpoint.receiptWritten.pass()
    metrics.finished()
    return outcome
  }

  // MARK: Drift

  private func heed(
    _ alarms: [DriftWatch.Alarm], _ metrics: ShardMetrics, _ watch: DriftWatch
  ) throws(WorkerError) {
    metrics.watched(indices: watch.indices, alarms: watch.raised.count)
    for alarm in alarms {
      if options.drift?.action == .stop { throw .drift(reason: alarm.message) }
      notice(alarm.message)
    }
  }

  private func finish(_ watch: DriftWatch, _ metrics: ShardMetrics) throws(WorkerError) {
    try heed(watch.finish(), metrics, watch)
    guard let path = options.drift?.newBaselinePath, let model = context.models.first else { return }
    let baseline = watch.snapshot(model: model.name, version: model.version)
    try reportingFiles { () throws(RunFileError) in try baseline.write(to: path) }
  }

  /// Where the figures can be seen while the shard runs.
  private struct Views {
    let file: MetricsFile?
    let server: MetricsServer?
    let bar: ProgressBar?

    func close() {
      bar?.close()
      file?.close()
      server?.close()
    }
  }

  private func views(of metrics: ShardMetrics) throws(WorkerError) -> Views {
    var server: MetricsServer?
    if let port = options.metricsPort {
      let opened = try MetricsServer(port: port) { metrics.page }
      if port == 0 { notice("metrics at http://127.0.0.1:\(opened.port)/metrics") }
      server = opened
    }
    return Views(
      file: options.metricsPath.map { MetricsFile($0, metrics) }, server: server,
      bar: options.showsBar ? ProgressBar(shard: context.shard.index, metrics) : nil)
  }

  func metrics(_ settings: Checkpoint.Settings) -> ShardMetrics {
    let job = "\(context.plan.digest.prefix(12))-\(context.shard.index)"
    return ShardMetrics(
      jobID: options.jobID ?? job, modelVersion: context.models.map(\.version).joined(separator: ","),
      totalRows: context.shard.rows, batchRows: settings.batchRows,
      gpu: GPUMonitor(
        device: options.device,
        visible: ProcessInfo.processInfo.environment["CUDA_VISIBLE_DEVICES"]))
  }

  func scorer(_ settings: Checkpoint.Settings, _ metrics: ShardMetrics) -> SlabScorer {
    let scoring = models.map { model in
      let encoder = OutputEncoder(model.description.outputs)
      return SlabScorer.Model(
        assembler: FeatureAssembler(model.description),
        inference: Inference(model.torch, encoder, metrics, poisonLimit: options.maximumBadRows),
        encoder: encoder)
    }
    return SlabScorer(
      scoring, columns: ShardInput.columnNames(context.models), idColumn: context.idColumn,
      sequenceColumn: context.models.lazy.compactMap(\.sequenceColumn).first,
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
    _ checkpoint: Checkpoint, _ clocks: ShardPipeline.Clocks, start: Double
  ) -> Receipt {
    let usage = ResourceUsage.ofThisProcess
    let ids = OutputField(name: context.idColumn, type: idType, nullable: false)
    let outputs = OutputEncoder(context.outputs).fields.map(OutputField.init)
    let ran = models.map { model in
      Receipt.Model(
        name: model.description.name, version: model.description.version,
        sha256: model.weights.file.sha256, kind: model.weights.file.kind.rawValue)
    }
    var receipt = Receipt(
      planDigest: context.plan.digest, shard: context.shard.index, rowsIn: checkpoint.rowsIn,
      rowsOut: checkpoint.parts.reduce(0) { $0 + $1.rows }, deadLetters: checkpoint.deadLetters,
      parts: checkpoint.parts, schema: [ids] + outputs, model: ran[0],
      batchRows: checkpoint.settings.batchRows, threads: checkpoint.settings.threads,
      attempt: context.attempt,
      seconds: Receipt.Seconds(
        total: (ContinuousClock.now - begin).seconds, start: start, read: clocks.read.seconds,
        assemble: clocks.assemble.seconds, infer: clocks.infer.seconds,
        write: clocks.encode.seconds + clocks.write.seconds,
        blocked: Receipt.Blocked(
          read: clocks.readBlocked.seconds, score: clocks.scoreBlocked.seconds,
          write: clocks.writeBlocked.seconds)),
      cpuSeconds: usage.cpuSeconds, maxRSSBytes: usage.maxRSSBytes,
      startedAt: checkpoint.startedAt, finishedAt: Date.now.ISO8601Format())
    if ran.count > 1 { receipt.moreModels = Array(ran.dropFirst()) }
    return receipt
  }

  /// The type of the id column as it is written.
  private var idType: String {
    let file = context.shard.rowGroups.first.map { context.plan.input.files[$0.file].path } ?? ""
    let reader = try? ParquetReader(path: "\(context.plan.input.root)/\(file)")
    let field = reader?.fields.first { $0.name == context.idColumn }
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
