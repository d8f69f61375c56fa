import WorkflowCore

/// Values that are text to YAML and more to the engine: quantities, durations, counts, policies.
struct ValueChecks {
  let workflow: WorkflowOutline

  init(_ workflow: WorkflowOutline) { self.workflow = workflow }

  func check() {
    checkRetry(workflow.spec["retryStrategy"])
    checkPositive(workflow.spec["parallelism"])
    checkPositive(workflow.spec["activeDeadlineSeconds"])
    for template in workflow.templates { check(template) }
  }

  private func check(_ template: TemplateOutline) {
    checkRetry(template.cursor["retryStrategy"])
    checkPositive(template.cursor["parallelism"])
    checkPositive(template.cursor["activeDeadlineSeconds"])
    for key in ["timeout", "pendingTimeout"] { checkTimeout(template.cursor[key]) }
    for key in ["container", "script"] { checkResources(template.cursor[key]?["resources"]) }
    for call in template.calls.flatMap({ $0 }) {
      checkWhen(call.cursor["when"])
      if let inline = call.inline { check(TemplateOutline(inline)) }
    }
  }

  /// A whole number above 0; text with tags is checked when they are replaced.
  private func checkPositive(_ cursor: SpecCursor?) {
    guard let cursor, tags(in: cursor.text).isEmpty else { return }
    guard Int(cursor.text).map({ $0 < 1 }) ?? true else { return }
    cursor.report(.invalidValue, "'\(cursor.path.lastKey ?? "")' must be a whole number above 0, not '\(cursor.text)'")
  }

  private func checkTimeout(_ cursor: SpecCursor?) {
    guard let cursor, tags(in: cursor.text).isEmpty, !cursor.text.isEmpty else { return }
    do throws(DurationError) {
      _ = try GoDuration(requiringUnit: cursor.text)
    } catch {
      cursor.report(.invalidValue, error.description)
    }
  }

  private func checkWhen(_ cursor: SpecCursor?) {
    guard let cursor, cursor.isOfReadableLength else { return }
    do throws(ExpressionSyntaxError) {
      _ = try WhenExpression(cursor.templateString)
    } catch {
      cursor.report(
        .syntax, at: cursor.position(ofCharacter: error.offset), "in 'when': \(error.message)",
        hint: error.hint)
    }
  }
}

// MARK: Retries

extension ValueChecks {
  private func checkRetry(_ strategy: SpecCursor?) {
    guard let strategy else { return }
    checkCount(strategy["limit"])
    let policies = RetryStrategy.Policy.allCases.map(\.rawValue)
    if let policy = strategy["retryPolicy"], !policy.text.isEmpty, !policies.contains(policy.text),
      tags(in: policy.text).isEmpty
    {
      policy.report(
        .invalidValue, "'\(policy.text)' is not a retry policy",
        hint: didYouMean(policy.text, among: policies) ?? "one of: " + policies.joined(separator: ", "))
    }
    if let backoff = strategy["backoff"] { checkBackoff(backoff) }
  }

  private func checkBackoff(_ backoff: SpecCursor) {
    if (backoff.text("duration") ?? "").isEmpty {
      backoff.report(.missing, "a backoff needs 'duration'", hint: "the wait before the first retry, such as 30s")
    }
    checkCount(backoff["factor"])
    for key in ["duration", "cap", "maxDuration"] {
      guard let cursor = backoff[key], !cursor.text.isEmpty, tags(in: cursor.text).isEmpty else { continue }
      do throws(DurationError) {
        _ = try GoDuration(parsing: cursor.text)
      } catch {
        cursor.report(.invalidValue, error.description)
      }
    }
  }

  private func checkCount(_ cursor: SpecCursor?) {
    guard let cursor, tags(in: cursor.text).isEmpty else { return }
    guard Int(cursor.text).map({ $0 < 0 }) ?? true else { return }
    cursor.report(.invalidValue, "'\(cursor.path.lastKey ?? "")' must be a whole number, not '\(cursor.text)'")
  }
}

// MARK: Resources

extension ValueChecks {
  private func checkResources(_ resources: SpecCursor?) {
    guard let resources else { return }
    let limits = quantities(resources["limits"])
    for request in quantities(resources["requests"]) {
      let name = request.name
      guard let limit = limits.first(where: { $0.name == name }) else { continue }
      if request.quantity > limit.quantity {
        request.cursor.report(
          .invalidValue, "the request for \(name) is above its limit",
          hint: "the limit is \(limit.cursor.text)")
      } else if isCounted(name), request.quantity != limit.quantity {
        request.cursor.report(
          .invalidValue, "request and limit of \(name) must be equal", hint: "the limit is \(limit.cursor.text)")
      }
    }
  }

  private func quantities(_ list: SpecCursor?) -> [(name: String, quantity: Quantity, cursor: SpecCursor)] {
    (list?.members ?? []).compactMap { name, cursor in
      quantity(of: name.value, cursor).map { (name.value, $0, cursor) }
    }
  }

  private func quantity(of name: String, _ cursor: SpecCursor) -> Quantity? {
    guard tags(in: cursor.text).isEmpty else { return nil }
    do throws(QuantityError) {
      let quantity = try Quantity(parsing: cursor.text)
      if isCounted(name), quantity.milliUnits % 1000 != 0 {
        cursor.report(
          .invalidValue, "\(name) cannot be divided: '\(cursor.text)' is not a whole number")
      } else if quantity.milliUnits < 0 {
        cursor.report(.invalidValue, "\(name) cannot be negative")
      }
      return quantity
    } catch {
      cursor.report(.invalidValue, error.description)
      return nil
    }
  }

  /// Devices, as `nvidia.com/gpu`, are counted; `cpu` and `memory` are measured.
  private func isCounted(_ name: String) -> Bool { name.contains("/") }
}
