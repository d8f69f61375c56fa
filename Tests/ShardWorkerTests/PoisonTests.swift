import RunFiles
import Testing

@testable import ShardWorker

@Suite("Rows that the model fails on")
struct PoisonTests {
  private let lake = TestLake()

  /// Fails on batches in which some y is 1000 or more.
  private static let touchy = """
    def forward(self, numbers: Tensor, kinds: Tensor) -> Tensor:
        assert bool((numbers[:, 1] < 1000.0).all()), "y is out of range"
        weights = torch.tensor([[0.5], [-0.25]])
        return torch.matmul(numbers, weights) + 0.1 * kinds
    """

  private func run(poison: [Int], allowed: Int, batch: Int = 64) throws -> Receipt {
    var rows = TestLake.rows(0..<500)
    for row in poison { rows[row].y = 5000 }
    try lake.writeModel(Self.touchy)
    try lake.write(rows)
    try lake.plan()
    try lake.runShard { options in
      options.batchSize = .rows(batch)
      options.maximumBadRows = allowed
    }
    return try Receipt(readingFrom: lake.run().receipt(0))
  }

  @Test(
    "they are found by bisection and put aside with the model's reason; all others are scored",
    arguments: [[0], [499], [100, 101, 102], [3, 64, 65, 250, 499]])
  func found(_ poison: [Int]) throws {
    let receipt = try run(poison: poison, allowed: 10)
    let path = lake.run().absolute(try #require(receipt.deadLetters.path))
    let letters = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
    #expect(letters.count == poison.count)
    for (letter, row) in zip(letters, poison) {
      #expect(letter.contains("\"id\":\"id-\(row)\""))
      #expect(letter.contains("the model failed: ") && letter.contains("y is out of range"))
    }
    let good = TestLake.rows(0..<500).enumerated().filter { !poison.contains($0.offset) }.map(\.element)
    let output = try lake.output()
    #expect(output.map(\.id) == good.map(\.id))
    #expect(zip(output, good).allSatisfy { abs(Double($0.score) - TestLake.score($1)) < 1e-6 })
  }

  @Test("without room for bad rows the shard fails, and names the first one")
  func notAllowed() throws {
    let error = #expect(throws: WorkerError.self) { try run(poison: [170, 400], allowed: 0) }
    #expect(error?.exitStatus == .data)
    #expect(error?.message.contains("row group 1, row 70 (id id-170)") == true)
  }

  @Test("more than are allowed end the shard")
  func tooMany() throws {
    let error = #expect(throws: WorkerError.self) { try run(poison: Array(130..<190), allowed: 3) }
    #expect(error?.exitStatus == .data)
    #expect(error?.message.contains("more than 3 bad rows") == true)
  }

  @Test("a model that fails on every row is at fault itself")
  func brokenModel() throws {
    try lake.writeModel(
      "def forward(self, numbers: Tensor, kinds: Tensor) -> Tensor:\n    return numbers.reshape(3, 5, 7)")
    try lake.write(TestLake.rows(0..<200))
    try lake.plan()
    let error = #expect(throws: WorkerError.self) { try lake.runShard { $0.maximumBadRows = 1000 } }
    #expect(error?.exitStatus == .model)
  }

  @Test("the search takes about two calls a bisection, and stops where it cannot help")
  func calls() throws {
    func search(_ poison: Set<Int>, limit: Int) throws -> (PoisonSearch, Int) {
      var calls = 0
      var search = PoisonSearch(limit: limit) { (rows) throws(TorchFailure) in
        calls += 1
        if rows.contains(where: poison.contains) { throw TorchFailure(ofModel: "no") }
      }
      try search.look(in: 0..<1024, after: TorchFailure(ofModel: "no"))
      return (search, calls)
    }
    let (one, calls) = try search([700], limit: 10)
    #expect(one.found.map(\.row) == [700])
    #expect(calls == 20)
    let (many, few) = try search(Set(512..<1024), limit: 1)
    #expect(many.found.count >= 2)
    #expect(few < 40)
    #expect(throws: TorchFailure.self) { try search(Set(0..<1024), limit: 5000) }
  }
}
