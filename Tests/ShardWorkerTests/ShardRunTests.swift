import Foundation
import RunFiles
import Storage
import Testing

@testable import ShardWorker

@Suite("Running a shard")
struct ShardRunTests {
  private let lake = TestLake()

  private func expectScores(_ output: [(id: String, score: Float)], of rows: [TestLake.Row]) {
    #expect(output.map(\.id) == rows.map(\.id))
    let worst = zip(output, rows).map { abs(Double($0.score) - TestLake.score($1)) }.max()
    #expect(worst ?? 1 < 1e-6)
  }

  @Test("every row of every shard is scored once, in the input's order")
  func allShards() throws {
    try lake.writeModel()
    try lake.write(TestLake.rows(0..<350), "part-0.parquet")
    try lake.write(TestLake.rows(350..<777), "part-1.parquet")
    #expect(try lake.plan(shards: 3).shards.count == 3)
    for shard in 0..<3 { try lake.runShard(shard) }
    expectScores(try lake.output(shards: 3), of: TestLake.rows(0..<777))
  }

  @Test("any batch size gives the same ids and scores", arguments: [1, 7, 512])
  func batchSizes(_ size: Int) throws {
    try lake.writeModel()
    try lake.write(TestLake.rows(0..<333))
    try lake.plan()
    try lake.runShard { $0.batchSize = .rows(size) }
    expectScores(try lake.output(), of: TestLake.rows(0..<333))
    #expect(try Receipt(readingFrom: lake.run().receipt(0)).batchRows == size)
  }

  @Test("the tuner finds a batch size by itself, which the receipt names")
  func tunedBatches() throws {
    try lake.writeModel()
    try lake.write(TestLake.rows(0..<2000), rowGroupRows: 1500)
    try lake.plan()
    try lake.runShard { $0.batchSize = .auto }
    expectScores(try lake.output(), of: TestLake.rows(0..<2000))
    let size = try Receipt(readingFrom: lake.run().receipt(0)).batchRows
    #expect([256, 512, 1024].contains(size))
  }

  @Test("the receipt describes what is on disk")
  func receipt() throws {
    try lake.writeModel()
    try lake.write(TestLake.rows(0..<450))
    let plan = try lake.plan()
    try lake.runShard { $0.checkpointRows = 200 }
    let receipt = try Receipt(readingFrom: lake.run().receipt(0))
    #expect(receipt.planDigest == plan.digest)
    #expect(receipt.parts.map(\.rows) == [200, 200, 50])
    #expect(receipt.rowsIn == 450)
    for part in receipt.parts {
      let path = lake.run().absolute(part.path)
      #expect(try FileDigest.sha256(ofFile: path) == part.sha256)
      #expect(try FileDigest.bytes(ofFile: path) == part.bytes)
      let fields = try ParquetReader(path: path).fields
      #expect(fields.map(\.name) == receipt.schema.map(\.name))
      #expect(fields.map(\.type.name) == receipt.schema.map(\.type))
      #expect(fields.map(\.nullable) == receipt.schema.map(\.nullable))
    }
    #expect(receipt.model.kind == "torchscript")
    #expect(receipt.seconds.total > 0)
    let names = try FileManager.default.contentsOfDirectory(atPath: lake.run().shardDirectory(0))
    #expect(names.count == 5, "three parts, a checkpoint, a receipt: \(names)")
  }

  @Test("a shard with a receipt is not run again; another plan's receipt is replaced")
  func alreadyDone() throws {
    try lake.writeModel()
    try lake.write(TestLake.rows(0..<100))
    try lake.plan()
    try lake.runShard()
    let receipt = try Receipt(readingFrom: lake.run().receipt(0))
    #expect(try lake.runShard { $0.attempt = "again" } == .alreadyDone(receipt))
    try lake.write(TestLake.rows(0..<120))
    try lake.plan()
    guard case .done(let second, _) = try lake.runShard(edit: { $0.attempt = "other" }) else {
      Issue.record("the old receipt was taken for the new plan's")
      return
    }
    #expect(second.rowsOut == 120)
  }

  @Test("a receipt whose parts are gone does not count")
  func lostParts() throws {
    try lake.writeModel()
    try lake.write(TestLake.rows(0..<100))
    try lake.plan()
    try lake.runShard()
    let part = try Receipt(readingFrom: lake.run().receipt(0)).parts[0].path
    try FileManager.default.removeItem(atPath: lake.run().absolute(part))
    try lake.runShard()
    expectScores(try lake.output(), of: TestLake.rows(0..<100))
  }

  // MARK: Bad rows

  private func writeRowsWithNulls() throws {
    var rows = TestLake.rows(0..<250)
    rows[120].x = nil
    rows[200].id = nil
    try lake.write(rows)
  }

  @Test("a null with the policy `fail` ends the shard, whatever number of bad rows is allowed")
  func failPolicy() throws {
    try lake.writeModel()
    try writeRowsWithNulls()
    try lake.plan()
    let error = #expect(throws: WorkerError.self) { try lake.runShard { $0.maximumBadRows = 10 } }
    #expect(
      error
        == .badRow(
          BadRow(
            file: "\(lake.input)/part-0.parquet", rowGroup: 1, row: 20, id: "id-120", column: "x",
            reason: "the value is null")))
    #expect(error?.exitStatus == .data)
    #expect(!FileManager.default.fileExists(atPath: lake.run().receipt(0)))
  }

  @Test("bad rows go to the dead-letter file with id, place, column and reason")
  func deadLetters() throws {
    try lake.writeModel { $0.inputs[0].features[0].onNull = .deadLetter }
    try writeRowsWithNulls()
    try lake.plan()
    try lake.runShard { $0.maximumBadRows = 2 }
    let receipt = try Receipt(readingFrom: lake.run().receipt(0))
    #expect(receipt.rowsOut == 248)
    #expect(receipt.deadLetters.rows == 2)
    let path = lake.run().absolute(try #require(receipt.deadLetters.path))
    #expect(try FileDigest.sha256(ofFile: path) == receipt.deadLetters.sha256)
    let file = "\(lake.input)/part-0.parquet"
    let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
    #expect(
      lines == [
        """
        {"column":"x","file":"\(file)","id":"id-120","reason":"the value is null","row":20,\
        "row_group":1}
        """,
        """
        {"column":"id","file":"\(file)","id":null,"reason":"the id is null","row":0,"row_group":2}
        """,
      ])
    let good = TestLake.rows(0..<250).enumerated().filter { ![120, 200].contains($0.offset) }
    expectScores(try lake.output(), of: good.map(\.element))
  }

  @Test("one bad row more than allowed ends the shard and says where the last one was")
  func tooManyBadRows() throws {
    try lake.writeModel { $0.inputs[0].features[0].onNull = .deadLetter }
    try writeRowsWithNulls()
    try lake.plan()
    let error = #expect(throws: WorkerError.self) { try lake.runShard { $0.maximumBadRows = 1 } }
    #expect(error?.message.contains("more than 1 bad rows") == true)
    #expect(error?.message.contains("row group 2, row 0") == true)
    #expect(throws: WorkerError.self) { try lake.runShard() }
  }

  @Test("a row for which the model gives NaN is a bad row")
  func nanFromModel() throws {
    let source = """
      def forward(self, numbers: Tensor, kinds: Tensor) -> Tensor:
          return torch.sqrt(numbers[:, 0:1])
      """
    try lake.writeModel(source) { $0.inputs[0].features[0].mean = 0 }
    var rows = TestLake.rows(0..<100)
    rows[42].x = -1
    try lake.write(rows)
    try lake.plan()
    let error = #expect(throws: WorkerError.self) { try lake.runShard() }
    #expect(error?.message.contains("(id id-42), column `score`: the model gave NaN") == true)
    try lake.runShard { $0.maximumBadRows = 1 }
    #expect(try lake.output().map(\.id) == rows.map(\.id).filter { $0 != "id-42" })
  }

  // MARK: Memory

  @Test("a batch that does not fit is halved, and the same rows are scored, each once")
  func halving() throws {
    let source = """
      def forward(self, numbers: Tensor, kinds: Tensor) -> Tensor:
          assert numbers.size(0) <= 10, "CUDA out of memory. Tried to allocate 1 GiB"
          weights = torch.tensor([[0.5], [-0.25]])
          return torch.matmul(numbers, weights) + 0.1 * kinds
      """
    try lake.writeModel(source)
    try lake.write(TestLake.rows(0..<130))
    try lake.plan()
    let outcome = try lake.runShard { $0.batchSize = .rows(37) }
    expectScores(try lake.output(), of: TestLake.rows(0..<130))
    guard case .done(_, let halvings) = outcome else {
      Issue.record("not run")
      return
    }
    #expect(halvings > 0)
  }

  @Test("when one row does not fit, the shard ends with the code for memory")
  func outOfMemory() throws {
    let source = """
      def forward(self, numbers: Tensor, kinds: Tensor) -> Tensor:
          assert numbers.size(0) < 1, "out of memory"
          return numbers
      """
    try lake.writeModel(source)
    try lake.write(TestLake.rows(0..<20))
    try lake.plan()
    let error = #expect(throws: WorkerError.self) { try lake.runShard() }
    #expect(error?.exitStatus == .outOfMemory)
  }

  // MARK: Model and input

  @Test("weights that are not those of model.json are refused before they are loaded")
  func wrongHash() throws {
    let description = try lake.writeModel()
    try lake.write(TestLake.rows(0..<20))
    try lake.plan()
    try Data("not a model".utf8).write(to: URL(fileURLWithPath: "\(lake.model)/model.pt"))
    let error = #expect(throws: WorkerError.self) { try lake.runShard() }
    #expect(error?.exitStatus == .model)
    #expect(error?.message.contains(description.files[0].sha256) == true)
    #expect(error?.message.contains(FileDigest.sha256(of: "not a model")) == true)
  }

  @Test("weights that have the right hash but are no model are a fault of the model")
  func notAModel() throws {
    try lake.writeModel()
    try Data("not a model".utf8).write(to: URL(fileURLWithPath: "\(lake.model)/model.pt"))
    var description = TestLake.description
    description.files[0].sha256 = FileDigest.sha256(of: "not a model")
    try description.write(to: "\(lake.model)/model.json")
    try lake.write(TestLake.rows(0..<20))
    try lake.plan()
    let error = #expect(throws: WorkerError.self) { try lake.runShard() }
    #expect(error?.exitStatus == .model)
    #expect(error?.message.contains("model.pt") == true)
  }

  @Test("a model that was changed after the plan is refused")
  func changedModel() throws {
    try lake.writeModel()
    try lake.write(TestLake.rows(0..<20))
    try lake.plan()
    try lake.writeModel { $0.inputs[0].features[0].mean = 7 }
    let error = #expect(throws: WorkerError.self) { try lake.runShard() }
    #expect(error?.exitStatus == .model)
    #expect(error?.message.contains("model.json") == true)
  }

  @Test("input that was changed after the plan is refused")
  func changedInput() throws {
    try lake.writeModel()
    let path = try lake.write(TestLake.rows(0..<200))
    try lake.plan()
    try lake.write(TestLake.rows(1..<201))
    let error = #expect(throws: WorkerError.self) { try lake.runShard() }
    guard case .inputChanged(path, _) = error else {
      Issue.record("not a changed input: \(String(describing: error))")
      return
    }
    #expect(error?.exitStatus == .data)
  }

  @Test("a shard that the plan does not have is named with those it has")
  func unknownShard() throws {
    try lake.writeModel()
    try lake.write(TestLake.rows(0..<200))
    try lake.plan(shards: 2)
    let error = #expect(throws: WorkerError.self) { try lake.runShard(2) }
    #expect(error == .unknownShard(2, count: 2, path: lake.run().plan))
  }

  @Test("progress is rows done of rows in all")
  func progress() throws {
    try lake.writeModel()
    try lake.write(TestLake.rows(0..<200))
    try lake.plan()
    let path = "\(lake.root)/progress"
    try lake.runShard { $0.progressPath = path }
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "200/200\n")
  }
}
