"""Ciò che ``./linea setup`` dice, in italiano: the same keys as in ``english``."""

TEXTS = {
    "begin": "Quello che scrive viene verificato subito con {platform}. Ctrl-C interrompe in qualunque "
    "momento; basta richiamarlo per continuare. Tra parentesi quadre c'è la risposta che vale con il "
    "solo Invio.",
    "stopped": "Interrotto. Resta ciò che era già verificato e scritto; per continuare: ./linea setup "
    "{platform}",
    "kept": "Scritto in {file}: {names}.",
    "environment_wins": "{name} è impostato anche nell'ambiente del programma, e quello prevale: lo cambi o "
    "lo tolga di lì.",
    "offer_token": "C'è già un {name}. Lo uso? [sì]",
    "written": "Scritto in {file}: bridges.{platform}.",
    "unchanged": "{file} lo dice già: non c'era nulla da cambiare.",
    "by_hand": "{file} è scritto in un modo che questo programma non modifica da solo. Vi aggiunga queste "
    "righe:",
    "done": "Fatto. «./linea check» ricontrolla tutto. Se Linea Diretta è in funzione, la riavvii: solo "
    "allora usa i nuovi token. Se no: ./linea serve",
    "test_message": "✅ Linea Diretta: questa è una prova. Qui comparirà ciò che scrivono i cittadini.",
    "test_sent": "Un messaggio di prova è in «{where}»: lo cerchi.",
    # Slack
    "slack_make": "1. L'APP\n"
    "   Apra https://api.slack.com/apps, prema «Create New App», scelga «From a manifest», il Suo "
    "workspace, «Next».\n"
    "   Scelga la scheda «YAML», cancelli ciò che contiene e incolli tutto questo:",
    "slack_made": "   Poi «Next», «Create». Prema Invio quando l'app c'è.",
    "slack_tokens": "2. I DUE TOKEN\n"
    "   A sinistra: «Install App», «Install to …», «Allow». Il «Bot User OAuth Token» comincia con "
    "xoxb-.",
    "slack_app_token": "   A sinistra: «Basic Information», «App-Level Tokens», «Generate Token and Scopes». "
    "Un nome qualunque;\n"
    "   «Add Scope», connections:write; «Generate». Questo comincia con xapp-.",
    "slack_ask_bot": "Il token del bot (xoxb-…; non si vede):",
    "slack_ask_app": "Il token dell'app (xapp-…; non si vede):",
    "slack_again": "Un altro token, o Invio per riprovare lo stesso:",
    "slack_bot_is_app": "Questo è il token dell'app (xapp-…). Qui serve quello del bot, che comincia con "
    "xoxb-.",
    "slack_app_is_bot": "Questo è il token del bot (xoxb-…). Qui serve quello dell'app, che comincia con "
    "xapp-.",
    "slack_bot_shape": "Non è il token di un bot: comincia con xoxb- e si trova in «Install App» o «OAuth & "
    "Permissions».",
    "slack_app_shape": "Non è il token di un'app: comincia con xapp- e si trova in «Basic Information», "
    "«App-Level Tokens».",
    "slack_bot_refused": "Slack rifiuta questo token ({why}). Lo copi di nuovo: pagina dell'app, «OAuth & "
    "Permissions», «Bot User OAuth Token».",
    "slack_app_refused": "Slack rifiuta questo token ({why}). Ne faccia uno nuovo: «Basic Information», "
    "«App-Level Tokens», con lo scope connections:write.",
    "slack_scopes": "All'app mancano permessi: {scopes}. Nella pagina dell'app: «App Manifest», incolli di "
    "nuovo il manifest, salvi; poi «Install App», «Reinstall to Workspace».",
    "slack_no_socket": "Socket Mode è spento. Nella pagina dell'app: «Socket Mode», lo accenda.",
    "slack_unreachable": "Non si riesce a interrogare Slack ({why}). Questa macchina è in rete? Il proxy si "
    "prende da HTTPS_PROXY.",
    "slack_is": "Slack conosce il bot: è @{bot} nel workspace {team}.",
    "slack_app_good": "Slack accetta il token dell'app, e Socket Mode è acceso.",
    "slack_channel": "3. IL CANALE\n"
    "   In Slack: «+», «Crea un canale». Lo faccia privato: chi c'è dentro legge ciò che scrivono i "
    "cittadini.\n"
    "   Aggiunga i colleghi che rispondono, e vi scriva: /invite @{bot}",
    "slack_ask_channel": "Nome o ID del canale:",
    "slack_offer_channel": "Nome o ID del canale [{known}]:",
    "slack_no_channel": "Slack non mostra al bot nessun canale {channel}. Se è privato, il bot lo vede solo "
    "da dentro: vi scriva /invite @{bot} – poi ripeta il nome.",
    "slack_archived": "Il canale #{channel} è archiviato. Lo ripristini, o ne dia un altro.",
    "slack_invite": "Il bot non è in #{channel} e non può entrarvi da solo. Scriva nel canale: /invite "
    "@{bot} – poi prema Invio.",
    "slack_joined": "Il bot è entrato in #{channel}.",
    "slack_in": "Il bot è in #{channel}.",
    "slack_no_post": "Slack non lascia scrivere il bot in #{channel} ({why}). Lo permetta nelle impostazioni "
    "del canale, o dia un altro canale.",
    # Telegram
    "telegram_make": "1. IL BOT\n"
    "   In Telegram, cerchi @BotFather (con la spunta blu) e prema «Avvia». Scriva /newbot, poi un "
    "nome che vedono\n"
    "   gli operatori, poi un nome utente che finisce in «bot». Risponde con un token come "
    "8123456789:AAH3k…",
    "telegram_ask_token": "Il token del bot (non si vede):",
    "telegram_again": "Un altro token, o Invio per riprovare lo stesso:",
    "telegram_shape": "Non è il token di un bot: è un numero, due punti e circa 35 lettere, come "
    "8123456789:AAH3k…",
    "telegram_refused": "Telegram rifiuta questo token. Lo chieda a @BotFather: /mybots, il Suo bot, «API "
    "Token».",
    "telegram_unreachable": "Non si riesce a interrogare Telegram ({why}). Questa macchina è in rete? Il "
    "proxy si prende da HTTPS_PROXY.",
    "telegram_is": "Telegram conosce il bot: è @{bot}.",
    "telegram_webhook": "Un altro programma fa mandare i messaggi di questo bot a {url}. Un bot serve un "
    "solo programma: faccia un bot nuovo per Linea Diretta. Spengo l'altro definitivamente? [no]",
    "telegram_group": "2. IL GRUPPO\n"
    "   «Nuovo gruppo», con un collega; nelle sue impostazioni («Modifica») accenda «Argomenti». Lo "
    "tenga privato:\n"
    "   chi c'è dentro legge ciò che scrivono i cittadini. «Aggiungi membri»: @{bot}. Poi «Modifica»,\n"
    "   «Amministratori», «Aggiungi amministratore», @{bot}, con «Gestione degli argomenti» ed "
    "«Eliminazione dei\n"
    "   messaggi».",
    "telegram_ask_group": "Scriva /hello@{bot} nel gruppo, poi prema Invio qui; oppure scriva il numero del "
    "gruppo (-100…):",
    "telegram_offer_group": "Invio per il gruppo {known} di config.yaml; o il numero di un altro; o «new», e "
    "lo cerco:",
    "telegram_waiting": "Aspetto un messaggio nel gruppo …",
    "telegram_nothing": "Non si è sentito nessun gruppo. @{bot} ne è membro? Con la modalità privacy sente "
    "solo i comandi, e i gruppi di cui è amministratore: lo faccia amministratore, o scriva "
    "esattamente /hello@{bot}.",
    "telegram_busy": "Un altro programma prende i messaggi di questo bot, forse Linea Diretta stessa. Lo "
    "fermi per un momento, o dia il numero del gruppo.",
    "telegram_which": "Quale gruppo è?\n{list}\nIl suo numero in questo elenco:",
    "telegram_number": "Il numero di un gruppo è un numero intero sotto lo zero, come -1001234567890.",
    "telegram_no_chat": "Telegram non conosce un gruppo {chat} in cui ci sia @{bot}. Aggiunga il bot al "
    "gruppo, o dia un altro numero.",
    "telegram_no_group": "{chat} non è un gruppo: dia il numero di un gruppo.",
    "telegram_moved": "Il gruppo ha un numero nuovo da quando si sono accesi gli argomenti: {chat}. Si usa "
    "quello.",
    "telegram_found": "Questo è il gruppo «{title}».",
    "telegram_no_topics": "In «{title}» gli argomenti sono spenti: ogni conversazione sarebbe una catena di "
    "risposte. Per averli: «Modifica» del gruppo, accenda «Argomenti». Invio per ricontrollare, «n» "
    "per andare avanti senza:",
    "telegram_no_admin": "@{bot} è un semplice membro di «{title}» e la sua modalità privacy è accesa: non "
    "vedrebbe ciò che scrivono gli operatori. «Modifica», «Amministratori», «Aggiungi "
    "amministratore», @{bot}; poi prema Invio.",
    "telegram_no_rights": "@{bot} non può aprire argomenti in «{title}». «Modifica», «Amministratori», "
    "@{bot}: accenda «Gestione degli argomenti»; poi prema Invio.",
    "telegram_no_delete": "@{bot} non può eliminare messaggi in «{title}»: resterebbe ciò che un collega "
    "ritira altrove. Per permetterlo: «Modifica», «Amministratori», @{bot}, «Eliminazione dei "
    "messaggi». Invio per ricontrollare, «n» per andare avanti senza:",
    "telegram_rights": "Il bot ha i diritti che gli servono.",
    "telegram_no_post": "Il bot non può scrivere in «{title}» ({why}). Sistemi i suoi diritti, poi prema "
    "Invio.",
}
