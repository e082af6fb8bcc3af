"""What ``./linea setup`` says, in English; docs/setup-slack.md and docs/setup-telegram.md repeat it."""

TEXTS = {
    "begin": "What you type is checked at once with {platform}. Ctrl-C ends this at any point; call it again "
    "to go on. An answer in brackets is what Enter alone means.",
    "stopped": "Stopped. What had been checked and written stays; call ./linea setup {platform} again to go "
    "on.",
    "kept": "Written into {file}: {names}.",
    "environment_wins": "{name} is set in this program's environment, too, and that one wins: change it "
    "there, or take it away.",
    "offer_token": "There is a {name} already. Use it? [yes]",
    "written": "Written into {file}: bridges.{platform}.",
    "unchanged": "{file} says so already: nothing had to be changed.",
    "by_hand": "{file} is laid out in a way that this program does not change by itself. Write these lines "
    "into it:",
    "done": "Done. “./linea check” looks at everything once more. If Linea Diretta is running, start it "
    "again: only then does it use new tokens. If not: ./linea serve",
    "test_message": "✅ Linea Diretta: this is a test. What citizens write will appear here.",
    "test_sent": "A test message is in “{where}”: look for it.",
    # Slack
    "slack_make": "1. THE APP\n"
    "   Open https://api.slack.com/apps, press “Create New App”, choose “From a manifest”, your "
    "workspace, “Next”.\n"
    "   Choose the tab “YAML”, delete what is there, and paste all of this:",
    "slack_made": "   Then “Next”, “Create”. Press Enter when the app is there.",
    "slack_tokens": "2. THE TWO TOKENS\n"
    "   On the left: “Install App”, “Install to …”, “Allow”. The “Bot User OAuth Token” begins with "
    "xoxb-.",
    "slack_app_token": "   On the left: “Basic Information”, “App-Level Tokens”, “Generate Token and "
    "Scopes”. Any name; “Add\n"
    "   Scope”, connections:write; “Generate”. This one begins with xapp-.",
    "slack_ask_bot": "The bot's token (xoxb-…; it is not shown):",
    "slack_ask_app": "The app's token (xapp-…; it is not shown):",
    "slack_again": "Another token, or Enter to try the same again:",
    "slack_bot_is_app": "That is the app's token (xapp-…). Here the bot's is wanted, which begins with xoxb-.",
    "slack_app_is_bot": "That is the bot's token (xoxb-…). Here the app's is wanted, which begins with xapp-.",
    "slack_bot_shape": "That is no bot token: it begins with xoxb-, and is found at “Install App” or “OAuth "
    "& Permissions”.",
    "slack_app_shape": "That is no app token: it begins with xapp-, and is found at “Basic Information”, "
    "“App-Level Tokens”.",
    "slack_bot_refused": "Slack refuses this token ({why}). Copy it again: the app's page, “OAuth & "
    "Permissions”, “Bot User OAuth Token”.",
    "slack_app_refused": "Slack refuses this token ({why}). Make a new one: “Basic Information”, “App-Level "
    "Tokens”, with the scope connections:write.",
    "slack_scopes": "The app lacks permissions: {scopes}. On the app's page: “App Manifest”, paste the "
    "manifest again, save; then “Install App”, “Reinstall to Workspace”.",
    "slack_no_socket": "Socket Mode is off. On the app's page: “Socket Mode”, switch it on.",
    "slack_unreachable": "Slack cannot be asked ({why}). Is this machine on line? A proxy is taken from "
    "HTTPS_PROXY.",
    "slack_is": "Slack knows the bot: it is @{bot} in the workspace {team}.",
    "slack_app_good": "Slack accepts the app's token, and Socket Mode is on.",
    "slack_channel": "3. THE CHANNEL\n"
    "   In Slack: “+”, “Create a channel”. Make it private: everyone in it reads what citizens "
    "write. Add the\n"
    "   colleagues who answer, and write in it: /invite @{bot}",
    "slack_ask_channel": "The channel's name or ID:",
    "slack_offer_channel": "The channel's name or ID [{known}]:",
    "slack_no_channel": "Slack shows no channel {channel} to the bot. If it is private, the bot sees it only "
    "from the inside: write in it /invite @{bot} – then give its name again.",
    "slack_archived": "The channel #{channel} is archived. Unarchive it, or give another one.",
    "slack_invite": "The bot is not in #{channel}, and may not join by itself. Write in the channel: /invite "
    "@{bot} – then press Enter.",
    "slack_joined": "The bot has joined #{channel}.",
    "slack_in": "The bot is in #{channel}.",
    "slack_no_post": "Slack does not let the bot write in #{channel} ({why}). Mend it in the channel's "
    "settings, or give another channel.",
    # Telegram
    "telegram_make": "1. THE BOT\n"
    "   In Telegram, search for @BotFather (with the blue tick) and press “Start”. Write /newbot, "
    "then a name that\n"
    "   operators see, then a user name that ends in “bot”. It answers with a token such as "
    "8123456789:AAH3k…",
    "telegram_ask_token": "The bot's token (it is not shown):",
    "telegram_again": "Another token, or Enter to try the same again:",
    "telegram_shape": "That is no bot token: it is a number, a colon, and some 35 letters, as in "
    "8123456789:AAH3k…",
    "telegram_refused": "Telegram refuses this token. Ask @BotFather for it: /mybots, your bot, “API Token”.",
    "telegram_unreachable": "Telegram cannot be asked ({why}). Is this machine on line? A proxy is taken "
    "from HTTPS_PROXY.",
    "telegram_is": "Telegram knows the bot: it is @{bot}.",
    "telegram_webhook": "Another program has Telegram send this bot's messages to {url}. A bot serves one "
    "program: make a new bot for Linea Diretta. Switch the other one off for good? [no]",
    "telegram_group": "2. THE GROUP\n"
    "   “New group”, with a colleague; in its settings (“Edit”) switch “Topics” on. Keep it private: "
    "everyone in it\n"
    "   reads what citizens write. “Add members”: @{bot}. Then “Edit”, “Administrators”, “Add "
    "administrator”, @{bot},\n"
    "   with “Manage topics” and “Delete messages”.",
    "telegram_ask_group": "Write /hello@{bot} in the group, then press Enter here; or type the group's "
    "number (-100…):",
    "telegram_offer_group": "Enter for the group {known} of config.yaml; or another one's number; or “new”, "
    "and I look for it:",
    "telegram_waiting": "Waiting for a message in the group …",
    "telegram_nothing": "No group has been heard of. Is @{bot} a member of it? With privacy mode on, it "
    "hears only commands and administrators' groups: make it administrator, or write exactly "
    "/hello@{bot}.",
    "telegram_busy": "Another program fetches this bot's messages, perhaps Linea Diretta itself. Stop it for "
    "a moment, or give the group's number.",
    "telegram_which": "Which group is it?\n{list}\nIts number in this list:",
    "telegram_number": "A group's number is a whole number below zero, such as -1001234567890.",
    "telegram_no_chat": "Telegram knows no group {chat} that @{bot} is in. Add the bot to the group, or give "
    "another number.",
    "telegram_no_group": "{chat} is no group: give the number of a group.",
    "telegram_moved": "The group has a new number since topics were switched on: {chat}. That one is taken.",
    "telegram_found": "This is the group “{title}”.",
    "telegram_no_topics": "Topics are off in “{title}”: each conversation would be a chain of replies. To "
    "have them: the group's “Edit”, switch “Topics” on. Enter to look again, “n” to go on without:",
    "telegram_no_admin": "@{bot} is a plain member of “{title}”, and its privacy mode is on: it would not "
    "see what operators write. “Edit”, “Administrators”, “Add administrator”, @{bot}; then press "
    "Enter.",
    "telegram_no_rights": "@{bot} may not open topics in “{title}”. “Edit”, “Administrators”, @{bot}: switch "
    "“Manage topics” on; then press Enter.",
    "telegram_no_delete": "@{bot} may not delete messages in “{title}”: what a colleague takes back "
    "elsewhere would stay. To allow it: “Edit”, “Administrators”, @{bot}, “Delete messages”. Enter "
    "to look again, “n” to go on without:",
    "telegram_rights": "The bot has the rights it needs.",
    "telegram_no_post": "The bot may not write in “{title}” ({why}). Mend its rights there, then press Enter.",
}
