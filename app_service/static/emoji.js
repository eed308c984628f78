// A small list of emoji: name and sign, the most used first.

const LIST = `thumbsup 👍 heart ❤️ joy 😂 smile 😄 tada 🎉 pray 🙏 clap 👏 fire 🔥 eyes 👀 ok_hand 👌 rocket 🚀
100 💯 thinking 🤔 wave 👋 muscle 💪 cry 😢 sob 😭 grin 😁 wink 😉 blush 😊 heart_eyes 😍 kiss 😘 sunglasses 😎
sweat_smile 😅 rofl 🤣 slight_smile 🙂 upside_down 🙃 hugs 🤗 shrug 🤷 facepalm 🤦 unamused 😒 neutral 😐
expressionless 😑 rolling_eyes 🙄 smirk 😏 relieved 😌 sleeping 😴 yawn 🥱 mask 😷 sick 🤢 exploding_head 🤯
party 🥳 nerd 🤓 confused 😕 worried 😟 open_mouth 😮 astonished 😲 flushed 😳 pleading 🥺 fear 😨 scream 😱
angry 😠 rage 😡 skull 💀 ghost 👻 robot 🤖 poop 💩 cat 🐱 dog 🐶 thumbsdown 👎 raised_hands 🙌 fist ✊
handshake 🤝 point_up ☝️ point_right 👉 point_left 👈 crossed_fingers 🤞 v ✌️ broken_heart 💔 sparkles ✨ star ⭐
zap ⚡ sun ☀️ rainbow 🌈 snowflake ❄️ coffee ☕ tea 🍵 beer 🍺 cake 🎂 pizza 🍕 gift 🎁 trophy 🏆 bulb 💡
warning ⚠️ check ✅ x ❌ question ❓ exclamation ❗ bug 🐛 wrench 🔧 lock 🔒 key 🔑 link 🔗 calendar 📅 clock 🕐
memo 📝 chart 📈 phone 📱 computer 💻 email 📧 house 🏠 car 🚗 plane ✈️ earth 🌍`;

const words = LIST.split(/\s+/);

// [name, sign] each.
export const EMOJI = words.filter((_, at) => at % 2 === 0).map((name, at) => [name, words[2 * at + 1]]);
