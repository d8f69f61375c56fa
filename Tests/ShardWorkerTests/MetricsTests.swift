import Foundation
import RunFiles
import Testing

@testable import ShardWorker

@Suite("Metrics")
struct MetricsTests {
  @Test("a page is Prometheus' text format: help, type, then samples with escaped labels")
  func page() {
    var page = MetricsPage()
    page.add(
      "rows_total", .counter, "Rows.",
      [.init(labels: [("file", "a\"b\\c\n"), ("k", "v")], value: 12), .init(value: 0.25)])
    page.add("absent", .gauge, "Nothing.", [])
    #expect(
      page.text == """
        # HELP rows_total Rows.
        # TYPE rows_total counter
        rows_total{file="a\\"b\\\\c\\n",k="v"} 12
        rows_total 0.25

        """)
  }

  @Test("each bucket of a histogram holds those before it, and the last one holds all")
  func histogram() throws {
    let histogram = DurationHistogram()
    for seconds in [0.0001, 0.0002, 0.3, 99] { histogram.add(seconds) }
    var values: [String: Double] = [:]
    for sample in histogram.samples where sample.suffix == "_bucket" {
      values[sample.labels[0].1] = sample.value
    }
    #expect(values["0.0001"] == 1)
    #expect(values["0.00025"] == 2)
    #expect(values["0.1"] == 2)
    #expect(values["0.5"] == 3)
    #expect(values["+Inf"] == 4)
    #expect(histogram.samples.last?.value == 4)
    let sum = histogram.samples.first { $0.suffix == "_sum" }?.value ?? 0
    #expect(abs(sum - 99.3003) < 1e-9)
  }

  @Test("a shard's file of metrics counts its rows and dead letters, and says that it is complete")
  func textfile() throws {
    let lake = TestLake()
    var rows = TestLake.rows(0..<500)
    for row in [3, 77] { rows[row].x = nil }
    try lake.writeModel { $0.inputs[0].features[0].onNull = .deadLetter }
    try lake.write(rows)
    try lake.plan()
    let path = "\(lake.root)/shard.prom"
    try lake.runShard { options in
      options.maximumBadRows = 10
      options.metricsPath = path
      options.jobID = "job"
    }
    let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
    #expect(lines.contains("batch_inferences_total{model_version=\"v1\",status=\"ok\"} 498"))
    #expect(lines.contains("batch_inferences_total{model_version=\"v1\",status=\"dead_letter\"} 2"))
    #expect(lines.contains("batch_records_processed{job_id=\"job\"} 500"))
    #expect(lines.contains("batch_inference_duration_seconds_count 10"))
    #expect(lines.contains("batch_rows_per_batch 64"))
    #expect(lines.contains("batch_complete 1"))
  }
}
