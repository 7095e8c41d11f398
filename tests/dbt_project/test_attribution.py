"""Attribution of texts, names, keys and branches as strangers write them.

A row is a commit or a pull request (see `attribution_cases`) and what `claude_attribution` says of
it; where it matters, whether its author is a person or a bot. All rows are built at once.
"""

from __future__ import annotations

from typing import Any

import pytest
from attribution_cases import DANA, Answer, answers, evidence
from hand_made_warehouse import Warehouse

from ingestion import warehouse

WITH, WITHOUT, UNSURE = "with_claude", "without_claude", "undetermined"
FOOTER = "🤖 Generated with [Claude Code](https://claude.com/claude-code)"
TRAILER = "Co-Authored-By: Claude Opus 5 <noreply@anthropic.com>"
NOTES = f"### v2\n\n- Faster\n\n{FOOTER}\n\n{TRAILER}"


def commit(message: str, want: str, person: str = "", **author: str | None) -> dict[str, Any]:
    """A commit of the default branch; the words of ``author`` differ from Dana's."""
    message = message if "\n" in message else f"fix: unit\n\n{message}"
    return {
        "subject": "commit",
        "message": message,
        "author": {**DANA, **author},
        "want": want,
        "person": person,
    }


def by(name: str, email: str, login: str | None, want: str, person: str = "") -> dict[str, Any]:
    """A commit without a mark but its author."""
    return commit("fix: unit\n", want, person, name=name, email=email, login=login)


def pull(body: str, want: str, person: str = "", **more: Any) -> dict[str, Any]:
    case = {"subject": "pull_request", "title": "fix: unit", "body": body, **more}
    return {**case, "want": want, "person": person}


QUOTED = {
    "details-of-changelog": pull(
        f"Bumps it.\n<details><summary>Changelog</summary>\n\n{NOTES}\n</details>", WITHOUT
    ),
    "details-in-details": pull(
        f"<details><summary>a/b</summary>\n<details><summary>v2</summary>\n\n{NOTES}\n\n</details>"
        f"\n\n{FOOTER}\n\n</details>\n\nBy hand.",
        WITHOUT,
    ),
    "details-never-closed": pull(f"<details>\n<summary>Notes</summary>\n\n{NOTES}", WITHOUT),
    "details-with-attributes": pull(
        f'<details open class="x">\n<summary>Notes</summary>\n\n{NOTES}\n</details>', WITHOUT
    ),
    "details-about-a-project-called-claude": pull(
        f"<details>\n<summary>acme/claude-tools (claude-tools)</summary>\n\n{NOTES}\n\n</details>",
        WITHOUT,
    ),
    "own-disclosure-folded-away": pull(
        f"<details>\n<summary>Use of AI</summary>\n\n{FOOTER}\n\n</details>", WITH
    ),
    "details-spoken-of": pull(f"Support `<details>` in notes.\n\n{FOOTER}", WITH),
    "details-spoken-of-in-commit": commit(f"feat: read <details> tags\n\n{TRAILER}", WITH),
    "html-quote": pull(f"They say\n<blockquote>\n\n{FOOTER}\n\n</blockquote>\nNo.", WITHOUT),
    "html-quote-in-one-line": pull(f"<blockquote>{FOOTER}</blockquote>", WITHOUT),
    "quote-in-list": pull(f"- They say\n  > {FOOTER}\n- No.", WITHOUT),
    "quote-goes-on-without-sign": pull(f"> They say\n{FOOTER}", WITHOUT),
    "quote-then-trailer-in-commit": commit(f"fix: a\n\n> They say\n{TRAILER}", WITH),
    "alert": pull(f"> [!NOTE]\n> {FOOTER}", WITHOUT),
    "fence-never-closed-in-body": pull(f"```text\n{FOOTER}", WITHOUT),
    "fence-never-closed-in-commit": commit(f"fix: a\n\n```\nrun\n\n{TRAILER}", WITH),
    "fence-in-quote": pull(f"> ```\n> {FOOTER}\n> ```", WITHOUT),
    "fence-with-words": commit(f"docs: a\n\n~~~ text\n{TRAILER}\n~~~", WITHOUT),
    "two-fences-around-own": pull(f"```\na\n```\n\n{FOOTER}\n\n```\nb\n```", WITH),
    "indented-by-tab": commit(f"docs: a\n\nNever:\n\n\t{TRAILER}\n\nagain.", WITHOUT),
    "indented-as-a-whole": commit(f"fix: a\n\n    Why.\n\n    {TRAILER}", WITH),
    "below-a-list-item": pull(f"1. Remove\n\n       {TRAILER}\n\n2. Push", WITHOUT),
    "log-pasted": commit(
        f"docs: a\n\ncommit 0123456789\nAuthor: A <a@b.example>\n\n    feat: b\n\n    {TRAILER}",
        WITHOUT,
    ),
    "squashed-by-git": commit(
        "Squashed commit of the following:\n\ncommit 0123456789\nAuthor: A <a@b.example>\n\n"
        f"    feat: b\n\n    {TRAILER}",
        WITH,
    ),
    "diff-plus": commit(f"chore: a\n\n+{TRAILER}\n-Reviewed-by: A", WITHOUT),
    "diff-without-hunk": commit(f"chore: a\n\n--- a/t\n+++ b/t\n-{FOOTER}", WITHOUT),
    "own-behind-hunk": commit(
        f"chore: a\n\n@@ -1 +1 @@\n-{FOOTER}\n+none\n\n{TRAILER}", WITH
    ),
    "hunk-without-header": pull(f"@@ -4,2 +4,1 @@\n {FOOTER}\n-{TRAILER}\n", WITHOUT),
    "struck-with-one-tilde": pull(f"~{FOOTER}~", WITHOUT),
    "struck-over-two-lines": pull(f"~~By hand\n{FOOTER}~~", WITHOUT),
    "struck-by-element": pull(f"<del>{FOOTER}</del>", WITHOUT),
    "about-five-seconds": pull(f"Takes ~5 s, ~6 s before.\n\n{FOOTER}", WITH),
    "code-over-two-lines": commit(f"docs: a\n\nThe `two\n{TRAILER}` lines.", WITHOUT),
    "pre": pull(f"<pre>\n{FOOTER}\n</pre>", WITHOUT),
    "table-without-outer-bars": pull(f"Mark | Keep\n--- | ---\n{TRAILER} | no", WITHOUT),
    "comment-over-paragraphs": pull(f"<!--\n\n{FOOTER}\n\n{TRAILER}\n\n-->\nHi.", WITHOUT),
    "commits-of-a-release": pull(
        f"In it:\n\n* feat: b\n\n  {TRAILER}\n* feat: c\n\n  {FOOTER}\n\n  {TRAILER}", WITHOUT
    ),
    "commits-of-a-release-flat": pull(
        f"In it:\n\n* feat: b\n\n{TRAILER}\n\n* feat: c\n\n{FOOTER}\n\n{TRAILER}", WITHOUT
    ),
    "commits-of-upstream": commit(
        f"Sync with upstream\n\n* feat: b\n\n{TRAILER}\n\n* feat: c\n\n{TRAILER}", WITHOUT
    ),
    "squash-of-its-branch": pull(
        "By hand and not.", WITH,
        branch_commits=[{"message": f"feat: b\n\n{TRAILER}"}, {"message": "fix: c"}],
        squash_message=f"fix: unit (#{{number}})\n\n* feat: b\n\n{TRAILER}\n\n* fix: c",
    ),
    "squash-that-lists-others": pull(
        "Take theirs.", WITHOUT,
        branch_commits=[{"message": "chore: sync"}, {"message": "fix: c"}],
        squash_message=f"fix: unit (#{{number}})\n\n* feat: b\n\n{TRAILER}\n\n* fix: d",
    ),
    "squash-whose-branch-is-gone": commit(
        f"feat: a (#7)\n\n* feat: b\n\n{TRAILER}\n\n* feat: c", WITH
    ),
    "own-list-then-footer": pull(f"- a\n- b\n\n{FOOTER}\n\n- [ ] Read the rules", WITH),
    "footer-below-last-item": pull(f"- [x] Tests\n  {FOOTER}", WITH),
    "bump-without-quoting": pull(
        f"Bumps quill.\n\n## Release notes\n\n{NOTES}", WITHOUT, "bot",
        title="build(deps): bump quill from 1.0 to 2.0", head_branch="dependabot/pip/quill-2.0",
        author_login="dependabot[bot]", author_kind="Bot",
        squash_message=f"build(deps): bump quill from 1.0 to 2.0 (#{{number}})\n\n{NOTES}",
    ),
    "bump-under-a-personal-account": pull(
        f"This PR contains the following updates:\n\n{NOTES}\n\nGenerated by Renovate", WITHOUT,
        "bot", title="Update dependency quill to v2", head_branch="renovate/quill-2.x",
    ),
    "bump-by-a-bots-commit": pull(
        "quill", WITHOUT, "bot", title="quill 2", head_branch="renovate/quill-2.x",
        branch_commits=[{"message": "quill 2", "author": {
            "name": "Renovate Bot", "email": "renovate@whitesourcesoftware.com", "login": None}}],
    ),
    "person-on-a-branch-named-for-a-bot": pull(
        f"Group them.\n\n{FOOTER}", WITH, "human", title="ci: group what renovate opens",
        head_branch="renovate/groups",
    ),
    "action-opens-as-github-actions": pull(
        FOOTER, WITH, "bot", author_login="github-actions[bot]", author_kind="Bot"
    ),
}  # fmt: skip

PEOPLE = {
    "given-name-no-account": by("Claude", "cdupont@lab.example", None, WITHOUT, "human"),
    "given-name-on-a-bots-mailbox": by("Claude", "bot@lab.example", None, UNSURE),
    "given-name-on-a-bots-mailbox-with-account": by(
        "Claude", "ai@lab.example", "claude-d", WITHOUT, "human"
    ),
    "surname": by("Jean Claude", "jc@lab.example", "jclaude", WITHOUT, "human"),
    "surname-as-co-author": commit("Co-authored-by: Marie-Claude <mc@lab.example>", WITHOUT),
    "couple": commit("Co-authored-by: Claude and Marie <cm@lab.example>", WITHOUT),
    "number-behind-name": by("Claude 2", "c2@lab.example", "claude2", WITHOUT, "human"),
    "roman": by("Claude Martin III", "cm3@lab.example", None, WITHOUT, "human"),
    "year-behind-name": commit("Co-authored-by: Claude Roy 1998 <cr@lab.example>", WITHOUT),
    "login-of-many-numbers": by(
        "claude-roy-4-2", "9+claude-roy-4-2@users.noreply.github.com", "claude-roy-4-2",
        WITHOUT, "human",
    ),
    "department": by("Claude Roy (Lab 4)", "croy@lab.example", "croy", WITHOUT, "human"),
    "pronouns": commit("Co-authored-by: Claude (he/him) <croy@lab.example>", WITHOUT),
    "company-with-at": commit("Co-authored-by: Claude Roy @ ACME <croy@acme.example>", WITHOUT),
    "given-name-assists": commit("Assisted-by: Claude Roy <croy@lab.example>", WITHOUT),
    "just-given-name-assists": commit("Assisted-by: Claude <croy@lab.example>", WITHOUT),
    "reviewer": commit("Reviewed-by: Claude <noreply@anthropic.com>", WITHOUT),
    "family-of-models": commit("Co-authored-by: Claude Sonnet 5 <ai@lab.example>", WITH),
    "product": by("Claude Code", "dana@corp.example", "dana-b", WITH, "human"),
    "version-to-come": commit("Co-authored-by: Claude Saga 7.1", WITH),
    "name-alone": commit("Co-authored-by: Claude", UNSURE),
}  # fmt: skip

VOCABULARY = {
    "ai-generated-by": commit("AI-Generated-By: Claude Code", WITH),
    "ai-assisted-by": commit("AI-assisted-by: claude-opus-5", WITH),
    "ai-agent": commit("AI-Agent: claude-code/2.1", WITH),
    "ai-model": commit("AI-Model: claude-opus-5", WITH),
    "ai-tools-used": commit("AI Tools Used: Claude Code, Copilot", WITH),
    "llm": commit("LLM: Claude Sonnet 5", WITH),
    "assistance-key": pull("AI assistance: Claude Code for the tests", WITH),
    "coding-agent": commit("Coding-Agent: Claude Code", WITH),
    "developed-with": commit("Co-Developed-With: Claude Code", WITH),
    "made-with-bold": pull("**Made with:** Claude Code", WITH),
    "drafted-by": commit("Drafted-by: Claude:claude-haiku-5", WITH),
    "tool-and-model": commit("Assisted-by: ClaudeCode (claude-opus-5)", WITH),
    "tool-at-model": commit("Assisted-by: claude-code@claude-sonnet-5", WITH),
    "model-via-tool": commit("Assisted-by: Sonnet 5 via Claude Code", WITH),
    "second-of-two-tools": commit("AI-Tool: Copilot, Claude Code", WITH),
    "model-of-cursor": commit("Assisted-by: Cursor (claude-sonnet-5)", WITHOUT),
    "model-in-cursor": commit("Assisted-by: Claude Sonnet 5 in Cursor", WITHOUT),
    "model-of-copilot": commit("Assisted-by: GitHub Copilot:claude-opus-5", WITHOUT),
    "model-of-aider": commit("Co-authored-by: aider (claude-opus-5) <noreply@aider.chat>", WITHOUT),
    "model-line-of-copilot": commit("AI-Tool: GitHub Copilot\nAI-Model: Claude Opus 5", WITHOUT),
    "claude-on-cursors-mailbox": commit("Co-authored-by: Claude <cursoragent@cursor.com>", WITHOUT),
    "no-tool": commit("AI-Tool: none", WITHOUT),
    "not-claude": commit("AI-assisted: no (not Claude Code)", WITHOUT),
    "tools-of-a-product": commit("Tools: Claude Code, Cursor", WITHOUT),
    "tools-under-a-heading": pull("## AI usage\n\nTools used: Claude Code", WITH),
    "ticked-tool": pull("### AI tools\n\n- [ ] Copilot\n- [x] Claude Code", WITH),
    "unticked-tool": pull("### AI tools\n\n- [x] Copilot\n- [ ] Claude Code", WITHOUT),
    "ai-said-no": pull("AI assistance: no\nTool: Claude Code", WITHOUT),
    "suffix-in-square-brackets": by(
        "Dana Berg [claude-code]", "dana@corp.example", "dana-b", WITH, "human"
    ),
    "suffix-via": by("Dana Berg (via Claude Code)", "dana@corp.example", "dana-b", WITH, "human"),
    "suffix-as-co-author": commit("Co-authored-by: Eli (claude-code) <eli@corp.example>", WITH),
    "suffix-of-aider": by("Dana Berg (aider)", "dana@corp.example", "dana-b", WITHOUT, "human"),
    "review-key": commit("AI-Review: Claude Code", WITHOUT),
    "bump-of-the-product": commit("chore: bump Claude Code to 2.2\n\nTool version: 2.2", WITHOUT),
}

LANGUAGES = {
    "korean": commit("🤖 [Claude Code](https://claude.com/claude-code)로 생성됨", WITH),
    "korean-without-link": commit("🤖 Claude Code를 사용하여 생성되었습니다", WITH),
    "japanese-polite": commit(
        "🤖 [Claude Code](https://claude.com/claude-code)によって生成されました", WITH
    ),
    "chinese-traditional": pull("🤖 由 [Claude Code](https://claude.ai/code) 產生", WITH),
    "french": pull("🤖 Généré avec [Claude Code](https://claude.com/claude-code)", WITH),
    "portuguese": commit("🤖 Gerado com [Claude Code](https://claude.com/claude-code)", WITH),
    "italian": commit("Generato con Claude Code", WITH),
    "german-verb-last": pull("_Mit [Claude Code](https://claude.ai/code) erstellt_", WITH),
    "russian": commit("🤖 Сгенерировано с помощью [Claude Code](https://claude.ai/code)", WITH),
    "polish": commit("🤖 Wygenerowano za pomocą Claude Code", WITH),
    "turkish": commit("🤖 [Claude Code](https://claude.com/claude-code) ile oluşturuldu", WITH),
    "vietnamese": commit("🤖 Được tạo bằng [Claude Code](https://claude.ai/code)", WITH),
    "other-tool": commit("🤖 Généré avec [opencode](https://opencode.ai)", WITHOUT),
    "sentence": pull("Le fichier est généré avec Claude Code quand on le demande.", WITHOUT),
    "german-sentence": pull("Erstellt mit Claude Code Hooks eine Prüfung.", WITHOUT),
    "quoted": pull("> 🤖 Erstellt mit [Claude Code](https://claude.com/claude-code)", WITHOUT),
}

IDENTITIES = {
    "mailbox-without-dash": by("Claude", "no-reply@anthropic.com", None, WITH, "bot"),
    "mailbox-of-a-role": by("Assistant", "assistant@anthropic.com", None, WITH, "bot"),
    "mailbox-claimed-by-a-person": by("Claude", "claude@anthropic.com", "sten-r", WITH, "bot"),
    "that-person": by("Sten", "sten@ranger.example", "sten-r", WITHOUT, "human"),
    "account-of-the-agent": by("Bot", "agent@corp.example", "claude", WITH, "bot"),
    "githubs-agent-by-login": by(
        "anthropic-code-agent[bot]",
        "242468646+anthropic-code-agent[bot]@users.noreply.github.com", None, WITH, "bot",
    ),
    "githubs-agent-as-co-author": commit(
        "Co-authored-by: Claude <242468646+Claude@users.noreply.github.com>", WITH
    ),
    "staff": by("Eli", "eli@anthropic.com", "eli-a", WITHOUT, "human"),
    "cursor": by("Cursor Agent", "cursoragent@cursor.com", None, WITHOUT, "bot"),
    "app-opens": pull("", WITH, "bot", author_login="claude[bot]", author_kind="Bot"),
    "person-called-claude-opens": pull("", WITHOUT, "human", author_login="claude-d"),
}  # fmt: skip

BRANCHES = {
    name: pull("", want, head_branch=name)
    for name, want in {
        "claude/bold-turing-7ec13f": WITH,
        "claude/nervous-wright": WITH,
        "claude/zen-lovelace-a1b2": WITH,
        "claude/add-ruler-Xy3Zk": WITH,
        "claude/add-ruler-01AbCdEfGhIjKlMnOpQrStUv": WITH,
        "claude/fix-ruler": UNSURE,
        "claude/fix-ruler-2": UNSURE,
        "claude/fix-issue-12345": UNSURE,
        "claude/happy-path": UNSURE,
        "claude/port-to-hopper": UNSURE,
        "claude/fix-README": UNSURE,
        "claude/add-feature-JSON": UNSURE,
        "claude-bold-turing-7ec13f": WITHOUT,
        "feature/bold-turing-7ec13f": WITHOUT,
    }.items()
}

CASES = {**QUOTED, **PEOPLE, **VOCABULARY, **LANGUAGES, **IDENTITIES, **BRANCHES}


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory, target: Any) -> dict[str, tuple[Answer, Any]]:
    stored = Warehouse(tmp_path_factory.mktemp("attribution"), target)
    with warehouse.prepared(stored.path):
        pass
    found = answers(stored, CASES)
    matches = evidence(stored, CASES)
    return {name: (found[name], matches[name]) for name in CASES}


@pytest.mark.parametrize("name", CASES)
def test_a_change_is_attributed_by_what_its_writer_says(
    said: dict[str, tuple[Answer, Any]], name: str
) -> None:
    answer, matches = said[name]
    assert answer.attribution == CASES[name]["want"], matches
    assert answer.commit_attribution in (None, answer.attribution), matches
    assert CASES[name]["person"] in ("", answer.person)


@pytest.mark.parametrize(
    "name", [name for name in CASES if name in QUOTED and name.startswith("bump-")]
)
def test_the_squash_of_what_a_bot_proposed_is_the_bots_whoever_merged_it(
    said: dict[str, tuple[Answer, Any]], name: str
) -> None:
    assert said[name][0].commit_person == "bot"
