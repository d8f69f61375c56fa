/// The known name that was probably meant by `word`: the one the fewest edits away, if they are few for its length.
func nearestName(to word: String, among names: some Sequence<String>) -> String? {
  let lowered = Array(word.lowercased().utf8.prefix(128))
  var best: (name: String, distance: Int)?
  // No fewer edits than the lengths differ can do.
  for name in names where abs(name.utf8.count - word.utf8.count) <= tolerance(word, name) {
    let distance = editDistance(lowered, Array(name.lowercased().utf8.prefix(128)))
    if distance <= tolerance(word, name), distance < best?.distance ?? Int.max { best = (name, distance) }
  }
  return best?.name
}

/// A third of the shorter name may differ; of one or two letters, none but their case.
private func tolerance(_ word: String, _ name: String) -> Int {
  let shorter = min(word.utf8.count, name.utf8.count)
  return shorter < 3 ? 0 : max(1, shorter / 3)
}

/// `did you mean 'train'?`, or nil when nothing known is near.
public func didYouMean(_ word: String, among names: some Sequence<String>) -> String? {
  nearestName(to: word, among: names).map { "did you mean '\($0)'?" }
}

/// Insertions, deletions, replacements and swaps of neighbours that make `left` into `right`
/// (optimal string alignment distance).
func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
  var beforeLast = [Int](repeating: 0, count: right.count + 1)
  var last = Array(0...right.count)
  for i in 0..<left.count {
    var row = [i + 1]
    row.reserveCapacity(right.count + 1)
    for j in 0..<right.count {
      let replaced = last[j] + (left[i] == right[j] ? 0 : 1)
      var distance = min(replaced, last[j + 1] + 1, row[j] + 1)
      if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
        distance = min(distance, beforeLast[j - 1] + 1)
      }
      row.append(distance)
    }
    (beforeLast, last) = (last, row)
  }
  return last[right.count]
}
