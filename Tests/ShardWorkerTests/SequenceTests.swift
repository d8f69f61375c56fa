import Foundation
import RunFiles
import Storage
import Testing

@testable import ShardWorker

@Suite("Lists as inputs, vectors as outputs, several models")
struct SequenceTests {
  private let lake = TestLake()

  /// Sums the tokens that the mask lets through, and gives a vector: sum, count, padded length.
  private static let summing = """
    def forward(self, tokens: Tensor, mask: Tensor) -> Tensor:
        total = (tokens * mask).sum(1)
        width = torch.full_like(total, tokens.size(1))
        return torch.stack([total, mask.sum(1), width], dim=1).float()
    """

  private func describe(_ description: inout ModelDescription) {
    description.inputs = [
      .init(
        name: "tokens", dtype: .int64,
        features: [.init(column: "tokens", encoding: .sequence, onNull: .deadLetter, maxLength: 8, pad: 99)]),
      .init(
        name: "mask", dtype: .int64,
        features: [.init(column: "tokens", encoding: .mask, onNull: .deadLetter, maxLength: 8)]),
    ]
    description.outputs = [
      .init(column: "score", type: .float32, from: 0, transform: .identity, index: 0),
      .init(column: "width", type: .int32, from: 0, transform: .identity, index: 2),
      .init(column: "vector", type: .float32, from: 0, transform: .vector),
    ]
  }

  private func lists(_ count: Int) -> [[Int32]?] {
    (0..<count).map { row in (0..<(row * 7 % 10 + 1)).map { Int32(row + $0) } }
  }

  private func run(_ lists: [[Int32]?], edit: (inout ShardRun.Options) -> Void = { _ in }) throws {
    try lake.writeModel(Self.summing, edit: describe)
    try lake.write(columns: [
      Column("id", texts: lists.indices.map { "id-\($0)" }), Column("tokens", lists: lists),
    ])
    try lake.plan()
    try lake.runShard(edit: edit)
  }

  @Test("lists are padded and masked, cut at their greatest length, and come out in the input's order")
  func padded() throws {
    let lists = lists(250)
    try run(lists) { $0.batchSize = .rows(16) }
    let expected = lists.map { Double(($0 ?? []).prefix(8).reduce(0, +)) }
    #expect(try lake.column("score") == expected)
    #expect(try lake.output().map(\.id) == lists.indices.map { "id-\($0)" })
  }

  @Test("rows of like length share a batch, so that there is little padding")
  func grouped() throws {
    let lists = lists(100)
    try run(lists) { $0.batchSize = .rows(10) }
    let widths = try lake.column("width")
    let lengths = lists.map { Double(min($0?.count ?? 0, 8)) }
    let padding = zip(widths, lengths).reduce(0) { $0 + $1.0 - $1.1 }
    #expect(zip(widths, lengths).allSatisfy { $0 >= $1 })
    #expect(padding <= 0.1 * lengths.reduce(0, +), "unsorted it would be 0.8")
  }

  @Test("a null or empty list goes to the dead letters under its own row and id")
  func nullList() throws {
    var lists = lists(50)
    lists[7] = nil
    lists[31] = []
    try run(lists) { $0.maximumBadRows = 5 }
    let receipt = try Receipt(readingFrom: lake.run().receipt(0))
    let path = lake.run().absolute(try #require(receipt.deadLetters.path))
    let letters = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
    #expect(letters.count == 2)
    #expect(letters[0].contains("\"id\":\"id-7\"") && letters[0].contains("\"row\":7,"))
    #expect(letters[1].contains("\"id\":\"id-31\"") && letters[1].contains("the list is null or empty"))
    #expect(try lake.output().map(\.id) == lists.indices.filter { ![7, 31].contains($0) }.map { "id-\($0)" })
  }

  @Test("a vector of the model is a list in the part, in the row that it belongs to")
  func vectors() throws {
    let lists = lists(40)
    try run(lists) { $0.batchSize = .rows(16) }
    let receipt = try Receipt(readingFrom: lake.run().receipt(0))
    #expect(receipt.schema.last == OutputField(name: "vector", type: "list<float32>", nullable: false))
    var row = 0
    for batch in try lake.batches(["id", "vector"]) {
      let column = try #require(batch["vector"])
      let values = try #require(column.elements?.withValues(as: Float.self) { $0.map(Array.init) })
      for place in 0..<batch.rows {
        let tokens = try #require(lists[row]).prefix(8)
        let range = column.elementRange(place)
        #expect(Array(values[range].prefix(2)) == [Float(tokens.reduce(0, +)), Float(tokens.count)])
        row += 1
      }
    }
    #expect(row == 40)
  }

  @Test("a list of fixed size becomes columns of the tensor; another length is a bad row")
  func fixedVectors() throws {
    let source = """
      def forward(self, x: Tensor) -> Tensor:
          return (x * torch.tensor([1.0, 10.0, 100.0])).sum(1)
      """
    try lake.writeModel(source) { description in
      description.inputs = [
        .init(name: "x", dtype: .float32, features: [.init(column: "v", encoding: .vector, size: 3)])
      ]
      description.outputs = [.init(column: "score", type: .float32, from: 0, transform: .identity)]
    }
    let lists: [[Float]?] = [[1, 2, 3], [4, 5], [6, 7, 8]]
    try lake.write(columns: [Column("id", texts: ["a", "b", "c"]), Column("v", lists: lists)])
    try lake.plan()
    try lake.runShard { $0.maximumBadRows = 1 }
    #expect(try lake.column("score") == [321, 876])
    let error = #expect(throws: WorkerError.self) {
      try lake.plan(run: "strict")
      try lake.runShard(run: "strict")
    }
    #expect(error?.message.contains("the list has 2 values, the model takes 3") == true)
  }

  @Test(
    "a timestamp counts in seconds whatever its unit, or by a part of its date",
    arguments: [("s", 1), ("m", 1000), ("u", 1_000_000), ("n", 1_000_000_000)] as [(Character, Int64)])
  func timestamps(_ unit: Character, _ perSecond: Int64) throws {
    // 2013-07-04 05:15:30 UTC, a Thursday, and one second before 1970, a Wednesday.
    let seconds: [Int64] = [1_372_914_930, -1]
    var column = Column("t", seconds.map { $0 * perSecond })
    column.field.type = .timestamp(unit: unit, timezone: "UTC")
    func values(_ part: ModelDescription.Feature.DatePart?) throws -> [Int64] {
      var description = TestLake.description
      description.inputs = [
        .init(name: "t", dtype: .int64, features: [.init(column: "t", encoding: .identity, part: part)])
      ]
      let batch = try RecordBatch([Column("id", texts: ["a", "b"]), column])
      let input = try FeatureAssembler(description).assemble(batch).inputs[0]
      return withExtendedLifetime(input) { Array(input.integers) }
    }
    #expect(try values(nil) == seconds)
    #expect(try values(.hour) == [5, 23])
    #expect(try values(.minute) == [15, 59])
    #expect(try values(.weekday) == [4, 3])
    #expect(try values(.year) == [2013, 1969])
    #expect(try values(.month) == [7, 12])
    #expect(try values(.day) == [4, 31])
  }

  @Test("several models score the rows in one pass; the parts have the columns of all")
  func severalModels() throws {
    try lake.writeModel()
    let other = "\(lake.root)/other"
    try lake.writeModel(
      "def forward(self, numbers: Tensor, kinds: Tensor) -> Tensor:\n    return numbers[:, 1:2] * 2.0", in: other
    ) {
      $0.name = "double"
      $0.outputs = [.init(column: "double", type: .float32, from: 0, transform: .identity)]
    }
    try lake.write(TestLake.rows(0..<300))
    try lake.plan(models: [lake.model, other])
    try lake.runShard()
    let rows = TestLake.rows(0..<300)
    #expect(zip(try lake.output(), rows).allSatisfy { abs(Double($0.score) - TestLake.score($1)) < 1e-6 })
    #expect(try lake.column("double") == rows.map { Double(($0.y ?? 0) * 2) })
    let receipt = try Receipt(readingFrom: lake.run().receipt(0))
    #expect(receipt.model.name == "linear")
    #expect(receipt.moreModels?.map(\.name) == ["double"])
    #expect(receipt.schema.map(\.name) == ["id", "score", "late", "double"])
  }

  @Test("models whose columns have the same name do not go together")
  func conflict() throws {
    try lake.writeModel()
    try lake.write(TestLake.rows(0..<10))
    let error = #expect(throws: WorkerError.self) { try lake.plan(models: [lake.model, lake.model]) }
    #expect(error?.message.contains("two of them give a column `score`") == true)
  }
}
