import Foundation
import RunFiles
import Testing

@testable import Consolidate

@Suite struct ReportTests {
  private let fixture: RunFixture

  init() throws { fixture = try RunFixture() }

  @Test("the page holds numbers and charts, loads nothing, and is well-formed where it is XML")
  func page() throws {
    let rate = BatchCost.Rate(pricePerHour: 3.06, instances: 4)
    _ = try fixture.merge(fixture.writeThreeShards(), .init(rate: rate))
    let next = try fixture.write(
      .init(
        name: "n", labels: ["date": "2013-07-05", "model_version": "v1"], shards: [[RunFixture.predictions(0, 500)]]))
    let report = try fixture.merge(next, .init(rate: rate))
    let html = try ReportPage(report.manifest, table: "a<b").html()
    #expect(html.contains("Batch 2013-07-05/v1") && html.contains("a&lt;b"))
    for caption in [
      "Throughput over time", "Seconds by stage", "score: share of rows; outlined: 2013-07-04/v1, PSI", "Cost ($)",
    ] {
      #expect(html.contains(caption), "\(caption)")
    }
    #expect(html.contains("class=\"before\"") && !html.contains("id: share of rows"))
    #expect(!html.contains("src=") && !html.contains("href=") && !html.contains("http"))
    for svg in html.components(separatedBy: "<svg").dropFirst() {
      let drawing = "<svg" + (svg.components(separatedBy: "</svg>").first ?? "") + "</svg>"
      #expect(!drawing.contains("\"nan") && !drawing.contains("\"inf\"") && !drawing.contains(">inf<"))
      #expect(drawing.filter { $0 == "<" }.count == drawing.filter { $0 == ">" }.count)
    }
  }

  @Test("throughput adds up to the rows, over the time in which shards ran")
  func throughput() throws {
    let manifest = try fixture.merge(fixture.writeThreeShards()).manifest
    let curve = try #require(ThroughputCurve(manifest.shards ?? []))
    let rows = curve.rates.reduce(0, +) * curve.seconds / Double(ThroughputCurve.points)
    #expect(abs(rows - 1000) < 1e-6)
    // Shards of two seconds each end at 10.75, 11.75 and 12.75.
    #expect(abs(curve.seconds - 4) < 1e-6)
  }

  @Test("a price comes out of the file of prices, by instance and market")
  func prices() throws {
    let file = fixture.root + "/prices.json"
    let text = #"{"format":1,"kind":"prices","instances":{"p3.2xlarge":{"on_demand":3.06,"spot":0.918}}}"#
    try text.write(toFile: file, atomically: true, encoding: .utf8)
    let table = try PriceTable(readingFrom: file)
    #expect(try table.price(of: "p3.2xlarge", .onDemand, file: file) == Decimal(string: "3.06"))
    #expect(try table.price(of: "p3.2xlarge", .spot, file: file) == Decimal(string: "0.918"))
    #expect(throws: ConsolidateError.noPrice(instance: "g5 (spot)", file: file)) {
      try table.price(of: "g5", .spot, file: file)
    }
  }

  @Test("times in whole seconds do not make retries of what is shorter")
  func wholeSeconds() throws {
    let directory = try fixture.writeThreeShards()
    for shard in 0..<3 {
      var receipt = try Receipt(readingFrom: directory.receipt(shard))
      (receipt.startedAt, receipt.finishedAt) = ("2013-07-05T02:00:00Z", "2013-07-05T02:00:03Z")
      try receipt.write(to: directory.receipt(shard))
    }
    let cost = BatchCost(
      .init(pricePerHour: 3.06, instances: 4), run: try StagedRun(directory: directory), wallSeconds: 3)
    #expect(cost.retries == nil)
  }

  @Test("time before the last attempt is what retries cost; watts give the energy")
  func retries() throws {
    let run = try StagedRun(directory: fixture.writeThreeShards())
    // Shards end 10.5, 11.5 and 12.5 s after their start; each one's last attempt took 2 s.
    let cost = BatchCost(.init(pricePerHour: 36, instances: 3, watts: 100), run: run, wallSeconds: 12.5)
    #expect(cost.retries?.seconds.fixed(1) == "28.5")
    #expect(cost.retries?.cost.fixed(3) == "0.285")
    #expect(cost.energyKWh?.fixed(6) == "0.001042")
  }
}
